// Package ledger makes what is on record tamper-evident.
//
// Each event becomes a [Leaf]: a line of canonical JSON (RFC 8785) that names
// people by pseudonyms and holds a commitment to the rest. The leaves, in the
// order of their numbers, are those of a Merkle tree (RFC 6962 section 2.1),
// and a checkpoint is a signed note of its size and root (c2sp.org/tlog-checkpoint,
// c2sp.org/signed-note, Ed25519).
//
// A chain alone could be made anew by whoever can write to the database. What
// counts is a checkpoint that was kept elsewhere: [Verify] holds an export
// against it, without the database.
//
// The commitment is what makes erasure possible: without the private part the
// leaf says nothing of what was asked, and the tree is what it was.
package ledger
