// Package people says who may do what: users and how they sign in, API tokens, and the log of what they have changed.
package people
