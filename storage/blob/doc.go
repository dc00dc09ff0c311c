// Package blob keeps binaries: scans, reports, images. It addresses them by
// their content, so that what comes out is what went in or an error.
//
// A [Store] stands over a [Backend], which is either a directory ([Dir]) or a
// bucket of an S3 service ([S3]). What it promises, over both:
//
//   - Put returns after the bytes are where the backend keeps them durably: on
//     disk and synced, or acknowledged by the S3 service. An upload that fails,
//     is cancelled or is killed leaves nothing that can be opened.
//   - Open hands out no byte that has not been checked. A Ref carries the
//     SHA-256 of every 256 KiB, so a part of a large binary is checked without
//     reading the whole. Damage is [ErrCorrupt]; bytes never just end early.
//   - No binary is held in memory as a whole.
//   - What [Store.Sweep] removes, nobody refers to: see there for why a Put at
//     the same moment is safe.
//   - A backend that does not answer is [ErrUnavailable] within about five
//     seconds, so that a caller can say "try again" instead of hanging.
//
// Keys in the backend are made of hashes alone; no text of a user's gets into
// a path. The bytes are stored as they are, or encrypted by a backend that is
// [Sealed], never compressed.
// Who may see what is decided long before: this package knows no users.
package blob
