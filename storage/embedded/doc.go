// Package embedded starts the services that nobody configured, so that
// development, tests and a small clinic's only machine run the same programme
// as a large installation and differ from it in URLs alone.
//
// [StartPostgres] runs a private PostgreSQL, from the binaries the system has,
// as a child process on a unix socket inside a directory of ours:
//
//	find binaries -> take the directory's lock -> end what an earlier server
//	left behind -> initdb if the directory is new -> start -> first connection
//
// From then on it is watched: a postmaster that dies is started again, on the
// same socket, so that connection pools recover by themselves. It cannot
// outlive us: on Linux the kernel tells it to shut down when we die, however
// we die, and everywhere the next start finds and ends it.
//
// [StartRedis] runs a Redis inside this process. It keeps nothing on disk,
// which is right for what we put there: hints whose truth is in Postgres.
//
// Binaries need no server: without S3 settings they go to a directory, see
// storage/blob.
package embedded
