package muster

import "errors"

// A Reason is the stable code of one way to be refused or to fail. Codes never change; docs/reasons.md has a section for
// each. A Reason is itself an error.
type Reason string

// What a device or a person can be told.
const (
	ReasonInternal Reason = "internal"

	// Provisioning.
	ReasonProvisionDataNotFound Reason = "provision-data-not-found"
	ReasonProvisionKeyUnknown   Reason = "provision-key-unknown"
	ReasonProvisionSecretWrong  Reason = "provision-secret-wrong"
	ReasonProvisionDisabled     Reason = "provision-disabled"
	ReasonProvisionKeyNotYet    Reason = "provision-key-not-yet-valid"
	ReasonProvisionKeyExpired   Reason = "provision-key-expired"
	ReasonProvisionKeyRevoked   Reason = "provision-key-revoked"
	ReasonProvisionKeySuspended Reason = "provision-key-suspended"
	ReasonProvisionKeyExhausted Reason = "provision-key-exhausted"
	ReasonProvisionKeyNetwork   Reason = "provision-key-network"
	ReasonProvisionNeedsChain   Reason = "provision-needs-certificate-chain"
	ReasonProvisionPending      Reason = "provision-pending"
	ReasonProvisionRejected     Reason = "provision-rejected"
	ReasonProvisionRoomFull     Reason = "provision-waiting-room-full"
	ReasonDeviceNameInvalid     Reason = "device-name-invalid"
	ReasonDeviceNamePattern     Reason = "device-name-pattern"
	ReasonDeviceNameTaken       Reason = "device-name-taken"
	ReasonDeviceNotListed       Reason = "device-not-listed"
	ReasonDeviceProvisioned     Reason = "device-already-provisioned"
	ReasonCredentialInUse       Reason = "credential-in-use"
	ReasonCredentialInvalid     Reason = "credential-invalid"

	// Authentication.
	ReasonCredentialsMissing   Reason = "credentials-missing"
	ReasonTokenUnknown         Reason = "token-unknown"
	ReasonPasswordWrong        Reason = "password-wrong"
	ReasonClientIDUnknown      Reason = "client-id-unknown"
	ReasonClientIDMismatch     Reason = "client-id-mismatch"
	ReasonCertificateUnknown   Reason = "certificate-unknown"
	ReasonCertificateExpired   Reason = "certificate-expired"
	ReasonCertificateNotYet    Reason = "certificate-not-yet-valid"
	ReasonChainUntrusted       Reason = "chain-untrusted"
	ReasonCSRInvalid           Reason = "csr-invalid"
	ReasonCSRSignatureWrong    Reason = "csr-signature-wrong"
	ReasonCSRKeyWeak           Reason = "csr-key-weak"
	ReasonCSRDigestWeak        Reason = "csr-digest-weak"
	ReasonJWTMalformed         Reason = "jwt-malformed"
	ReasonJWTExpired           Reason = "jwt-expired"
	ReasonJWTClockSkew         Reason = "jwt-clock-skew"
	ReasonJWTLifetimeTooLong   Reason = "jwt-lifetime-too-long"
	ReasonJWTAudienceMismatch  Reason = "jwt-audience-mismatch"
	ReasonJWTSubjectMismatch   Reason = "jwt-subject-mismatch"
	ReasonJWTKeyUnknown        Reason = "jwt-key-unknown"
	ReasonJWTAlgorithmMismatch Reason = "jwt-algorithm-mismatch"
	ReasonJWTSignatureWrong    Reason = "jwt-signature-wrong"
	ReasonDeviceSuspended      Reason = "device-suspended"
	ReasonDeviceDeleted        Reason = "device-deleted"
	ReasonCredentialRevoked    Reason = "credential-revoked"
	ReasonCredentialExpired    Reason = "credential-expired"
	ReasonCredentialNotYet     Reason = "credential-not-yet-valid"
	ReasonCredentialChanged    Reason = "credential-changed"
	ReasonDeviceChanged        Reason = "device-changed"
	ReasonRateLimited          Reason = "rate-limited"
	ReasonDisconnected         Reason = "disconnected"
	ReasonTakenOver            Reason = "taken-over"
	ReasonCredentialShared     Reason = "credential-shared"

	// Messages and sessions.
	ReasonPayloadInvalid     Reason = "payload-invalid"
	ReasonPayloadTooLarge    Reason = "payload-too-large"
	ReasonTopicUnknown       Reason = "topic-unknown"
	ReasonMethodNotAllowed   Reason = "method-not-allowed"
	ReasonPacketMalformed    Reason = "packet-malformed"
	ReasonProtocolError      Reason = "protocol-error"
	ReasonPacketTooLarge     Reason = "packet-too-large"
	ReasonQueueFull          Reason = "queue-full"
	ReasonKeepAliveTimeout   Reason = "keep-alive-timeout"
	ReasonConnectTimeout     Reason = "connect-timeout"
	ReasonOriginRefused      Reason = "origin-refused"
	ReasonProxyHeaderInvalid Reason = "proxy-header-invalid"
	ReasonStorageUnavailable Reason = "storage-unavailable"
	ReasonStorageFull        Reason = "storage-full"
	ReasonStopping           Reason = "server-stopping"
	ReasonServerBusy         Reason = "server-busy"

	// People and scripts.
	ReasonRequestInvalid     Reason = "request-invalid"
	ReasonNotFound           Reason = "not-found"
	ReasonVersionStale       Reason = "version-stale"
	ReasonKeyReused          Reason = "idempotency-key-reused"
	ReasonKeyUnfinished      Reason = "idempotency-key-unfinished"
	ReasonProfileNameTaken   Reason = "profile-name-taken"
	ReasonProfileInUse       Reason = "profile-in-use"
	ReasonProvisionKeyTaken  Reason = "provision-key-taken"
	ReasonAPITokenWrong      Reason = "api-token-wrong"
	ReasonAPITokenExpired    Reason = "api-token-expired"
	ReasonAPITokenRevoked    Reason = "api-token-revoked"
	ReasonAPITokenNetwork    Reason = "api-token-network"
	ReasonAPITokenNameTaken  Reason = "api-token-name-taken"
	ReasonRoleTooLow         Reason = "role-too-low"
	ReasonSetupLinkWrong     Reason = "setup-link-wrong"
	ReasonSignInWrong        Reason = "sign-in-wrong"
	ReasonSignInDelayed      Reason = "sign-in-delayed"
	ReasonUserDisabled       Reason = "user-disabled"
	ReasonUserNameTaken      Reason = "user-name-taken"
	ReasonLastAdmin          Reason = "last-admin"
	ReasonPasswordUnfit      Reason = "password-unfit"
	ReasonLoginOver          Reason = "login-over"
	ReasonOtherSite          Reason = "other-site"
	ReasonOIDCRefused        Reason = "oidc-refused"
	ReasonOIDCUnreachable    Reason = "oidc-unreachable"
	ReasonTooManyStreams     Reason = "too-many-streams"
	ReasonSettingInvalid     Reason = "setting-invalid"
	ReasonDataDirectoryInUse Reason = "data-directory-in-use"
	ReasonDataExposed        Reason = "data-exposed"
	ReasonMasterKeyMissing   Reason = "master-key-missing"
	ReasonMasterKeyWrong     Reason = "master-key-wrong"
	ReasonDatabaseNewer      Reason = "database-newer"
	ReasonDatabaseDamaged    Reason = "database-damaged"
	ReasonBackupDamaged      Reason = "backup-damaged"
	ReasonCertificateInvalid Reason = "certificate-invalid"
	ReasonClockWrong         Reason = "clock-wrong"
	ReasonServerUnreachable  Reason = "server-unreachable"

	// Imports.
	ReasonImportFileInvalid   Reason = "import-file-invalid"
	ReasonImportColumnUnknown Reason = "import-column-unknown"
	ReasonImportRowInvalid    Reason = "import-row-invalid"
	ReasonImportFailures      Reason = "import-too-many-failures"
	ReasonImportStopped       Reason = "import-not-running"
	ReasonImportRowsFailed    Reason = "import-rows-failed"
)

type reasonEntry struct {
	kind   Kind
	title  string // one sentence without a full stop, safe to show to anybody
	advice string // what the operator does about it
	public Reason // what the device hears instead, where the truth would help a stranger guess
}

// reasons is the catalogue. Titles begin in lower case: they are parts of error sentences.
var reasons = map[Reason]reasonEntry{
	ReasonInternal: {Internal, "something went wrong in the server", "Look at the server's log at that time.", ""},

	ReasonProvisionDataNotFound: {NotFound, "Provision data was not found!", "Compare the device's provision key and secret with the profile's.", ""},
	ReasonProvisionKeyUnknown:   {NotFound, "no profile has this provision key", "Compare the device's provision key with `muster provision-key list`.", ReasonProvisionDataNotFound},
	ReasonProvisionSecretWrong:  {NotFound, "the provision secret does not belong to this key", "Give the firmware the secret of its provision key, or make a new key.", ReasonProvisionDataNotFound},
	ReasonProvisionDisabled:     {NotFound, "the profile lets nobody provision", "Change the profile's strategy if devices shall get in.", ReasonProvisionDataNotFound},
	ReasonProvisionKeyNotYet:    {Forbidden, "the provision key is not valid yet", "Wait, or change the key's not-before.", ""},
	ReasonProvisionKeyExpired:   {Forbidden, "the provision key has expired", "Make a new provision key, or extend this one.", ""},
	ReasonProvisionKeyRevoked:   {Forbidden, "the provision key was revoked", "Make a new provision key and give it to the firmware.", ""},
	ReasonProvisionKeySuspended: {Forbidden, "the provision key is suspended", "Look with `muster provision-key devices KEY` at what it let in; `muster provision-key resume KEY` opens it again.", ""},
	ReasonProvisionKeyExhausted: {Forbidden, "the provision key has let in as many devices as it may", "Raise the key's maximum, or make a new key for the next batch.", ""},
	ReasonProvisionKeyNetwork:   {Forbidden, "the provision key may not be used from this address", "Add the network to the key, or provision from an allowed one.", ""},
	ReasonProvisionNeedsChain:   {Forbidden, "devices of this profile get in with a certificate chain", "Connect over TLS with a certificate of the profile's authority.", ""},
	ReasonProvisionPending:      {Overloaded, "the request waits for somebody to approve it", "Approve or reject it: `muster pending list`.", ""},
	ReasonProvisionRejected:     {Forbidden, "somebody has rejected the request", "If that was wrong, `muster pending approve NAME`; it is forgotten after a day.", ""},
	ReasonProvisionRoomFull:     {Overloaded, "too many requests wait to be approved", "Decide about those that wait: `muster pending list`. If they are not yours, somebody has the key.", ""},
	ReasonDeviceNameInvalid:     {Invalid, "the device name cannot be used", "Use 1 to 255 characters without control characters or markup.", ""},
	ReasonDeviceNamePattern:     {Forbidden, "the device name does not match the provision key's pattern", "Correct the name in the firmware, or the pattern of the key.", ""},
	ReasonDeviceNameTaken:       {Conflict, "there is a device of this name already", "Delete the old device, or give this one another name.", ""},
	ReasonDeviceNotListed:       {Forbidden, "the device is not listed in the profile", "Create the device in the profile before it provisions.", ""},
	ReasonDeviceProvisioned:     {Conflict, "the device was provisioned already", "Delete the device and list it again if it lost its credential.", ""},
	ReasonCredentialInUse:       {Conflict, "the credential is in use already", "Give this device a credential of its own.", ""},
	ReasonCredentialInvalid:     {Invalid, "the credential cannot be used", "Correct the credential as the message says.", ""},

	ReasonCredentialsMissing:   {Unknown, "no credential was shown", "Give the device its token, password or certificate.", ""},
	ReasonTokenUnknown:         {Unknown, "no device has this access token", "Compare the token with the device's, or provision it again.", ""},
	ReasonPasswordWrong:        {Unknown, "the password is wrong", "Correct the password in the firmware, or give the device a new one.", ReasonTokenUnknown},
	ReasonClientIDUnknown:      {Unknown, "no device has this client id", "Give the device a user name or register its client id.", ""},
	ReasonClientIDMismatch:     {Unknown, "the client id or user name is not the credential's", "Use the client id that the credential was made for.", ReasonTokenUnknown},
	ReasonCertificateUnknown:   {Unknown, "no device has this certificate", "Register the certificate with the device, or provision it.", ""},
	ReasonCertificateExpired:   {Unknown, "the certificate has expired", "Renew the certificate; check the device's clock.", ""},
	ReasonCertificateNotYet:    {Unknown, "the certificate is not valid yet", "Check the clocks of device and server.", ""},
	ReasonCSRInvalid:           {Invalid, "the certificate signing request cannot be used", "Send one PKCS #10 request, PEM or base64, as the message says.", ""},
	ReasonCSRSignatureWrong:    {Invalid, "the signature of the certificate signing request is not by its key", "Sign the request with the private half of the key that is in it.", ""},
	ReasonCSRKeyWeak:           {Invalid, "the key of the certificate signing request is too weak, or of an odd kind", "Make a key on P-256, P-384 or P-521, an Ed25519 key, or RSA of 2048 bits or more.", ""},
	ReasonCSRDigestWeak:        {Invalid, "the certificate signing request is signed with MD5 or SHA-1", "Sign the request with SHA-256.", ""},
	ReasonChainUntrusted:       {Unknown, "the certificate chain does not lead to a known authority", "Send the whole chain, or register the authority with the profile.", ""},
	ReasonJWTMalformed:         {Unknown, "the JWT cannot be read", "Send a compact JWS of at most 4 kB with exp and iat.", ""},
	ReasonJWTExpired:           {Unknown, "the JWT has expired", "Make a new JWT before each connect; check the device's clock.", ""},
	ReasonJWTClockSkew:         {Unknown, "the JWT is from the future", "Set the device's clock.", ""},
	ReasonJWTLifetimeTooLong:   {Unknown, "the JWT is valid for too long", "Shorten exp - iat, or raise the profile's maximum.", ""},
	ReasonJWTAudienceMismatch:  {Unknown, "the JWT is for another audience", "Use one of the profile's audiences with the device's own id in it.", ""},
	ReasonJWTSubjectMismatch:   {Unknown, "the JWT's subject is another device", "Leave out sub, or set it to the device's id.", ""},
	ReasonJWTKeyUnknown:        {Unknown, "the device has no live key that fits the JWT", "Register the public key with the device; compare kid.", ""},
	ReasonJWTAlgorithmMismatch: {Unknown, "the JWT's algorithm is not the key's", "Sign with the algorithm of the registered key.", ""},
	ReasonJWTSignatureWrong:    {Unknown, "the JWT's signature is wrong", "Sign with the private key whose public half is registered.", ""},
	ReasonDeviceSuspended:      {Forbidden, "the device is suspended", "Run `muster device resume NAME` if it may come back.", ""},
	ReasonDeviceDeleted:        {Forbidden, "the device was deleted", "Create or provision it again if it may come back.", ""},
	ReasonCredentialRevoked:    {Forbidden, "the credential was revoked", "Give the device a new credential.", ""},
	ReasonCredentialExpired:    {Forbidden, "the credential has expired", "Give the device a new credential.", ""},
	ReasonCredentialNotYet:     {Forbidden, "the credential is not valid yet", "Wait, or change the credential's not-before.", ""},
	ReasonCredentialChanged:    {Forbidden, "the device's credentials were changed", "Nothing: the device connects again with its new credential.", ""},
	ReasonDeviceChanged:        {Forbidden, "the device's name, profile or rights were changed", "Nothing: the device connects again.", ""},
	ReasonRateLimited:          {Overloaded, "too many failures from this address; refused for a minute", "Find the device that keeps failing at this address, or the provision key that lets in too many at once; the limits are settings.", ""},
	ReasonDisconnected:         {Overloaded, "an operator ended the session", "Nothing: the device may connect again at once.", ""},
	ReasonTakenOver:            {Conflict, "a newer connection of the same device took over", "If it repeats, two devices share one credential.", ""},
	ReasonCredentialShared:     {Overloaded, "connections of this device take each other over; two devices share one credential", "Find the other one by its address, and give each device a credential of its own.", ""},

	ReasonPayloadInvalid:     {Invalid, "the payload cannot be read", "Compare what the device sends with docs/protocols.md.", ""},
	ReasonPayloadTooLarge:    {Invalid, "the payload is too large", "Send less at once, or in several messages.", ""},
	ReasonTopicUnknown:       {NotFound, "nothing is served under this address", "Compare the topic or path with docs/protocols.md.", ""},
	ReasonMethodNotAllowed:   {Invalid, "this path is not served with this method", "Compare the method with docs/protocols.md.", ""},
	ReasonPacketMalformed:    {Invalid, "the packet is malformed", "Update the device's MQTT library.", ""},
	ReasonProtocolError:      {Invalid, "the packet is not allowed here", "Update the device's MQTT library.", ""},
	ReasonPacketTooLarge:     {Invalid, "the packet is too large", "Send packets of at most 64 kB.", ""},
	ReasonQueueFull:          {Overloaded, "the client does not take what it is sent", "Look at the device's network.", ""},
	ReasonKeepAliveTimeout:   {Unreachable, "nothing was heard for one and a half keep-alive periods", "Look at the device's network and power.", ""},
	ReasonConnectTimeout:     {Unreachable, "the connection opened and no CONNECT followed in time", "Look at the device's network; a port scanner does this too.", ""},
	ReasonOriginRefused:      {Forbidden, "a page of another host may not connect", "Serve the page from the host that it connects to.", ""},
	ReasonProxyHeaderInvalid: {Invalid, "the proxy does not say for whom it speaks", "Switch on PROXY protocol version 2 at the proxy, or take its address out of proxyFrom.", ""},
	ReasonStorageUnavailable: {Overloaded, "storage is unavailable; nothing was kept", "Look at the disk and the server's log.", ""},
	ReasonStorageFull:        {Overloaded, "the disk is full; nothing was kept", "Free space on the disk that holds the data directory.", ""},
	ReasonStopping:           {Overloaded, "the server is stopping", "Nothing: the device connects again.", ""},
	ReasonServerBusy:         {Overloaded, "the server has more to do than it can hold", "Retry later; if it lasts, give the server more room.", ""},

	ReasonRequestInvalid:     {Invalid, "the request cannot be understood", "Correct the request as the message says.", ""},
	ReasonNotFound:           {NotFound, "there is no such thing", "Look at the list for its name.", ""},
	ReasonVersionStale:       {Conflict, "it has been changed since it was read; nothing was done", "Read it again, look at what has changed, and repeat the change if it is still right.", ""},
	ReasonKeyReused:          {Conflict, "this idempotency key came with another request before; nothing was done", "Give each request a key of its own, and the same one only to the same request.", ""},
	ReasonKeyUnfinished:      {Conflict, "the server stopped while it served the request with this idempotency key", "Look whether what was asked for is there; if not, ask again with another key.", ""},
	ReasonProfileNameTaken:   {Conflict, "there is a profile of this name already", "Use another name.", ""},
	ReasonProfileInUse:       {Conflict, "the profile still has devices", "Delete its devices first.", ""},
	ReasonProvisionKeyTaken:  {Conflict, "this provision key exists already", "Use another key.", ""},
	ReasonAPITokenWrong:      {Unknown, "the API token is missing or wrong", "Set MUSTER_TOKEN or --token to the token that `muster init` made.", ""},
	ReasonAPITokenExpired:    {Unknown, "the API token has expired", "Make another with `muster token create`.", ""},
	ReasonAPITokenRevoked:    {Unknown, "the API token was revoked", "Ask an admin for another.", ""},
	ReasonAPITokenNetwork:    {Forbidden, "the API token may not be used from this address", "Use it from an allowed network, or make another with `muster token create`.", ""},
	ReasonAPITokenNameTaken:  {Conflict, "there is an API token of this name already", "Use another name, or revoke the other token first.", ""},
	ReasonSetupLinkWrong:     {Unknown, "the setup link is wrong, was used or has expired", "Make a user with `muster user create` beside the server.", ""},
	ReasonSignInWrong:        {Unknown, "the name or the password is wrong", "Try again, or ask an admin for another password.", ""},
	ReasonSignInDelayed:      {Overloaded, "too many sign-ins failed for this name from this address", "Wait for a minute; find out who guesses at this address.", ""},
	ReasonUserDisabled:       {Forbidden, "the user is disabled", "Ask an admin.", ""},
	ReasonUserNameTaken:      {Conflict, "there is a user of this name already", "Use another name.", ""},
	ReasonLastAdmin:          {Conflict, "this is the last admin", "Make another user an admin first.", ""},
	ReasonPasswordUnfit:      {Invalid, "the password cannot be used", "Choose another as the message says.", ""},
	ReasonLoginOver:          {Unknown, "the login is over", "Sign in again.", ""},
	ReasonOtherSite:          {Forbidden, "a page of another site may not change anything here", "Open the console itself; serve both from one origin if they are yours.", ""},
	ReasonOIDCRefused:        {Unknown, "the OpenID provider does not vouch for this sign-in", "Begin again; the server's log says what the provider answered.", ""},
	ReasonOIDCUnreachable:    {Unreachable, "the OpenID provider does not answer", "Compare oidc.issuer with the provider's own, and look at the server's log.", ""},
	ReasonRoleTooLow:         {Forbidden, "the role does not allow this", "Ask an admin to do it, or for a role that may.", ""},
	ReasonTooManyStreams:     {Overloaded, "too many streams of events are open", "Close some of them; a stream may be of several kinds at once.", ""},
	ReasonSettingInvalid:     {Invalid, "a setting cannot be used", "Correct the setting as the message says.", ""},
	ReasonDataDirectoryInUse: {Conflict, "another server uses this data directory", "Stop the other server, or use another directory.", ""},
	ReasonDataExposed:        {Invalid, "others on this machine can read the master key, or change the data directory", "Take that from them: chmod 700 the data directory, chmod 600 the master key.", ""},
	ReasonMasterKeyMissing:   {NotFound, "the master key of this data directory is missing", "Put the key file back; without it no credential can be opened.", ""},
	ReasonMasterKeyWrong:     {Invalid, "this is not the master key of this data directory", "Put back the key that the database was made with.", ""},
	ReasonDatabaseNewer:      {Invalid, "the database was written by a newer version", "Run the newer version, or restore a backup.", ""},
	ReasonDatabaseDamaged:    {Invalid, "a database file is damaged", "Restore the named file from a backup.", ""},
	ReasonBackupDamaged:      {Invalid, "the backup is damaged or cut off", "Use another backup; check each with `muster backup verify`.", ""},
	ReasonCertificateInvalid: {Invalid, "the certificate or key cannot be used", "Give a PEM certificate with the private key that belongs to it.", ""},
	ReasonClockWrong:         {Invalid, "the server's clock is wrong", "Set the clock of the server's machine, and start again.", ""},
	ReasonServerUnreachable:  {Unreachable, "the server does not answer", "Start it with `muster serve`, or set MUSTER_URL.", ""},

	ReasonImportFileInvalid:   {Invalid, "the file is not one of devices", "Save it as CSV with a header, or as JSON Lines, in UTF-8 or UTF-16.", ""},
	ReasonImportColumnUnknown: {Invalid, "a column of the file is no field of a device", "Rename the column, or say what it is: --map COLUMN=FIELD, or COLUMN=ignored.", ""},
	ReasonImportRowInvalid:    {Invalid, "the row cannot be read", "Correct the row as the message says, and import it again.", ""},
	ReasonImportFailures:      {Invalid, "so many rows have failed that the file is taken for the wrong one", "Look at the first rows that failed; correct the file or its columns.", ""},
	ReasonImportStopped:       {Conflict, "the import is not in a state for that", "Look at its state with `muster imports list`.", ""},
	ReasonImportRowsFailed:    {Invalid, "some rows were not filed", "Mend them in the file of failed rows, and import that file.", ""},
}

// Error returns the code.
func (r Reason) Error() string { return string(r) }

// Kind returns what sort of refusal r is; Internal for a code outside the catalogue.
func (r Reason) Kind() Kind { return reasons[r].kind }

// Title returns one sentence that may be shown to anybody.
func (r Reason) Title() string { return reasons[r].title }

// Advice returns what an operator does about it.
func (r Reason) Advice() string { return reasons[r].advice }

// Public returns the code that a device is told: r itself, or a wider one where r would tell a stranger which half of
// its guess was right.
func (r Reason) Public() Reason {
	if p := reasons[r].public; p != "" {
		return p
	}
	return r
}

// Reasons returns every code of the catalogue, in no order.
func Reasons() []Reason {
	all := make([]Reason, 0, len(reasons))
	for r := range reasons {
		all = append(all, r)
	}
	return all
}

// Public returns err as a device may hear it: the wider code where there is one, and never a cause. Of a Quiet error a
// device is told neither code nor message, unless the code is one that strangers hear: silence would tell them that half of
// their guess was right.
func Public(err error) *Error {
	p := Refuse(ReasonOf(err).Public(), "")
	if e, ok := errors.AsType[*Error](err); ok {
		p.Retry = e.Retry
		p.Quiet = e.Quiet && p.Reason != ReasonProvisionDataNotFound && p.Reason != ReasonTokenUnknown
		if e.Reason == p.Reason {
			p.Message = e.Message
		}
	}
	return p
}
