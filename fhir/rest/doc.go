// Package rest is FHIR over HTTP (http.html): it turns requests into calls of
// fhir.Service and what comes back into responses. It decides nothing about
// data and knows resources by definition only.
//
// [Mount] hangs the whole interface under a Fiber router; [Settings] are the
// settings of the app it needs. routes.go is every route on one page. A
// request goes through these steps, in this order:
//
//	server.go     take the request, end its context on time, never panic
//	target.go     what does the URL name: a type, an instance, a version ...
//	negotiate.go  can we answer in a format the client takes?
//	<interaction>.go   call the service, one file per interaction
//	bundle.go outcome.go subset.go   the bytes of the answer
//	write.go      status, headers, body
//	access.go     one line of log, one call of the metrics hook
//
// The entries of a batch take the same way from target.go on, without HTTP:
// that is why interactions work on a [request] and return a [reply].
//
// Resources pass through as the bytes they are. Only _summary, _elements and
// _pretty look into them.
//
// Nothing that aliases Fiber's or fasthttp's buffers leaves a handler: the
// path, the query and every header that is kept are copied where they enter
// (request.go), whatever fiber.Config.Immutable says.
package rest
