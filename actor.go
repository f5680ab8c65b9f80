package muster

import (
	"context"
	"net/netip"
)

// An Actor is who asks for a change: a person who has signed in, or a script with an API token. A change without an actor
// is one that nobody asked for, such as a device that provisions itself.
type Actor struct {
	Name   string     // as the audit log has it: a user's name, or "token:", the owner's and a slash, if there is one, and the token's
	Role   Role       // what the actor may do
	Remote netip.Addr // from where
	User   UserID     // zero: a script
	Login  LoginID    // what User is signed in by
	Token  APITokenID // zero: a person
}

type actorKey struct{}

// WithActor returns a context of what a asks for.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns who asks; false: nobody does.
func ActorOf(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}
