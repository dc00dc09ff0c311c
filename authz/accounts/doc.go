// Package accounts knows people: how they prove who they are, which parts of
// the clinic they are, and for how long that is believed.
//
// A [Service] is what pages, commands and authz/oauth call. Each public method
// is one deed in one transaction of the [Store], and leaves three kinds of
// rows behind: what changed, the letters that tell of it, and the events for
// the audit. Letters and events are carried out afterwards by [Service.Run].
//
// The life of an account:
//
//	pending --Verify, Accept--> active <--Disable, Enable--> disabled
//	   any --Delete--> deleted, from where nothing leads back
//
// and of a login:
//
//	password --no second factor needed--------> session
//	password --Factor (code, recovery code)---> session
//	password --Enrol (must have one, has none)-> session
//	passkey ----------------------------------> session
//
// What a stranger can ask (login, register, reset) is answered alike whether
// or not there is such an account: the same words after the same statements.
// Whether there is one is found out by the background loop, which writes to
// the address only.
//
// Every string handed to this package may be kept: callers clone what lies in
// the buffer of a request. Neither passwords, tokens nor e-mail addresses are
// ever logged, nor said in an error.
//
// What an account may do is not decided here but by authz.Gate; that the
// caller of an administrative method is an administrator is.
package accounts
