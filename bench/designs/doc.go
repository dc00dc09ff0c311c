// Command designs compares ways to keep search values in Postgres, on the same
// resources, the same questions and the same machine:
//
//	go run ./bench/designs --resources 300000
//	go run ./bench/designs --data bundles.tar.gz --times 10 --plans plans.txt
//
// The designs are rows (narrow rows with hashed keys, the tables that the
// server has), homes (rows, and beside them the tokens of each patient's
// compartment) and arrays (a table for each resource type, its tokens and
// references as arrays under GIN, dates and quantities as columns).
//
// What happens, in order: the resources are made (b100) or read from bundles,
// and their values extracted as the server extracts them (fhir/search); all
// designs take the values in turns, a transaction for each bundle, timed;
// VACUUM ANALYZE; each design answers drawn questions in full and all must
// answer the same (gate); each question is asked of all designs in turns
// (bench/measure); tables of rates and sizes.
//
// With --dir the loading (--load) and the asking (--ask) can be two runs, so
// that the second one can have the machine for itself.
package main
