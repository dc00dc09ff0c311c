// Command bench measures a FHIR server: WebDoctor, which it builds and starts
// itself, or any other by its base URL; and raw Postgres doing the same rows,
// in turns with it, so that the ratio of the two is honest on any machine.
//
//	go run ./bench --quick                      in less than three minutes
//	go run ./bench --out today.json             all repeats
//	go run ./bench --against yesterday.json
//	go run ./bench --levels 300,3000,10000 --scenarios search --keep kept
//	go run ./bench --base http://127.0.0.1:8103/fhir/R4 --token …
//	go run ./bench --scenarios read,tx100 --concurrency 1,2,4,8,16,32,64,128
//
// What happens, in order: build, first start, warm starts, idle memory
// (launch); the same bundles into both sides (scenario.Env.Load); VACUUM
// ANALYZE; a census of what the searches must find; each scenario once with
// assertions, and what is answered wrongly is not timed; every scenario at
// every concurrency, server and raw slice by slice (measure); searches again at
// the next level; last what writes; the tables (report).
//
// The rooms: b100 makes the data, scenario says what is asked and what is
// right, client and raw carry it out on the two sides, measure drives and
// counts, proc reads who used the machine, launch runs the server, report
// writes it all down. It exits with 0 if nothing was wrong, 1 if a scenario was
// answered wrongly or there were errors, 2 if the command line is.
package main
