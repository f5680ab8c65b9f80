package admin

import "strings"

// A noun is what operations are about: a chapter of the reference.
type noun struct {
	name, about string
	paths       []string // what the paths of its operations begin with; of two nouns the one counts that says more
	example     string   // what one of them may be called; empty: by an id
}

// someID stands for any id in examples.
const someID = "019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"

// nouns returns the chapters in their order.
func nouns() []noun {
	return []noun{
		{"Devices", "What is out in the field: each device has a name, a profile and a state.", []string{"/v1/devices"}, "pump-1"},
		{"Credentials", "What a device shows to be recognised. It may hold several, and a new one can take over from an old one while both work.", []string{"/v1/credentials", "/v1/devices/{name}/credentials"}, "pump-1"},
		{"Campaigns", "Devices are asked for other credentials, wave after wave. A campaign goes on by itself until it is done.", []string{"/v1/campaigns"}, ""},
		{"Certificates", "What the built-in certificate authority has issued, and its own certificates.", []string{"/v1/certificates", "/v1/ca"}, ""},
		{"Revocation lists", "What authorities that are not ours have revoked.", []string{"/v1/revocation-lists"}, "plant"},
		{"Attributes", "Named values of a device that have no history, in three scopes.", []string{"/v1/devices/{name}/attributes"}, "pump-1"},
		{"Readings", "What devices have sent: the newest of each key, the history, and what it comes to.", []string{
			"/v1/devices/{name}/latest", "/v1/devices/{name}/history", "/v1/devices/{name}/buckets", "/v1/devices/{name}/readings",
		}, "pump-1"},
		{"Sessions", "Who is connected now.", []string{"/v1/sessions", "/v1/devices/{name}/disconnect"}, "pump-1"},
		{"Traces", "What single devices do, line by line, while somebody wants to know.", []string{"/v1/traces", "/v1/devices/{name}/trace"}, "pump-1"},
		{"Profiles", "Kinds of device: how they get in, and what holds for all of one kind.", []string{"/v1/profiles"}, "sensors"},
		{"Provision keys", "What devices let themselves into a profile with. A key can have dates, a maximum, networks and a name pattern.", []string{"/v1/provision-keys"}, "sensors-key"},
		{"Sweeps", "What is done to everything that a provision key let in. A sweep goes on by itself until it is done.", []string{"/v1/sweeps", "/v1/provision-keys/{key}/sweeps"}, "sensors-key"},
		{"Pending", "The waiting room: requests to be let in that somebody has to approve.", []string{"/v1/pending"}, ""},
		{"Imports and exports", "Many devices in one file.", []string{"/v1/imports", "/v1/export"}, ""},
		{"Journal", "Who tried to get in, what became of it, and why.", []string{"/v1/attempts", "/v1/check"}, ""},
		{"Events", "What happens, as it happens, and the traffic of the last minutes.", []string{"/v1/events", "/v1/traffic"}, ""},
		{"Signing in", "How people sign in, and what they are signed in by.", []string{"/v1/setup", "/v1/login", "/v1/logout", "/v1/logins", "/v1/me"}, ""},
		{"Users", "People who sign in, each with a role.", []string{"/v1/users"}, "anna"},
		{"API tokens", "What lets scripts in, each with a role: those of everybody, and one's own.", []string{"/v1/tokens", "/v1/me/tokens"}, "ci"},
		{"Audit log", "Who has changed what.", []string{"/v1/audit"}, ""},
		{"Server", "The server itself, and backups of everything it keeps.", []string{"/v1/server", "/v1/backups"}, ""},
	}
}

// nounOf returns the noun that a path is about; the zero noun where none is.
func nounOf(path string) (found noun) {
	longest := 0
	for _, n := range nouns() {
		for _, begin := range n.paths {
			if (path == begin || strings.HasPrefix(path, begin+"/")) && len(begin) > longest {
				found, longest = n, len(begin)
			}
		}
	}
	return found
}

// parameter says what stands for a parameter of a path, and what may.
func (n *noun) parameter(name string) (about string, example any) {
	switch name {
	case "name":
		return "its name; in a URL, with slashes and the like escaped", n.example
	case "key":
		return "the text of the provision key, or its id", n.example
	case "number":
		return "", 4711
	case "serial":
		return "its serial number in hex, with or without colons", "0c4f2a90d1e3b5a76f8890123456789a"
	case "scope":
		return "who owns the attributes", "shared"
	}
	return "its id", someID
}
