package outgoing

// Public is what a connection is asked before it is made.
var Public = public
