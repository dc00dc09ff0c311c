// Command s3server is a real S3 server for tests: versitygw over a directory.
// It is a module of its own, so that what it depends on stays out of ours.
//
//	s3server ADDRESS DIRECTORY
//
// The credentials come from the environment, ROOT_ACCESS_KEY and
// ROOT_SECRET_KEY.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "s3server:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 3 {
		return errors.New("usage: s3server ADDRESS DIRECTORY")
	}
	address, dir := os.Args[1], os.Args[2]
	objects, notes := filepath.Join(dir, "objects"), filepath.Join(dir, "metadata")
	for _, d := range []string{objects, notes} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	// Metadata go to files beside the objects: not every file system of a
	// test machine has extended attributes.
	sidecar, err := meta.NewSideCar(notes)
	if err != nil {
		return err
	}
	backend, err := posix.New(objects, sidecar, posix.PosixOpts{
		SideCarDir:          notes,
		Concurrency:         64,
		CopyObjectThreshold: 5 << 30, // zero refuses every copy
	})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(context.Background(), backend, &embedgw.Config{
		RootUserAccess:    os.Getenv("ROOT_ACCESS_KEY"),
		RootUserSecret:    os.Getenv("ROOT_SECRET_KEY"),
		Region:            "us-east-1",
		Ports:             []string{address},
		MaxConnections:    1000,
		MaxRequests:       500,
		MultipartMaxParts: 10000,
		Quiet:             true,
		KeepAlive:         true,
		DisableACLs:       true,
	})
}
