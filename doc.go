// Package muster holds the words that every room of the server speaks: devices, profiles, credentials, what devices
// send and are sent, and what can go wrong, with the rules about them that need no I/O.
//
// The map of the house, imports running down only:
//
//	cmd/muster                        flags, signals, exit codes
//	internal/node                     puts one running node together
//	internal/{mqttd,httpd,coapd,admin}   transports: bytes to words and back
//	internal/dispatch                 recognises a peer and takes what it sends to the job it is for
//	internal/{identity,provision,telemetry,session,fleet,issuer,journal}   jobs decide
//	internal/{people,live,trace,bulk,backup}                               jobs, too
//	internal/{sqlite,pebble,thingsboard,akenza,est,mqtt,proxy}   tools know one technology and decide nothing
//	internal/payload                  the JSON of devices, which their dialects share
//	muster                            the words
//
// Which room may import which is a table in house_test.go.
package muster
