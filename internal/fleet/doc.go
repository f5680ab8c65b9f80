// Package fleet is what operators do: profiles, provision keys, devices, credentials and API tokens.
package fleet
