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
	ReasonProfileExhausted      Reason = "profile-exhausted"
	ReasonRotationRefused       Reason = "rotation-refused"
	ReasonRotationKind          Reason = "rotation-kind-refused"
	ReasonRotationWaits         Reason = "rotation-waits"

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
	ReasonCSRSubjectMismatch   Reason = "csr-subject-mismatch"
	ReasonProfileMismatch      Reason = "profile-mismatch"
	ReasonTLSRequired          Reason = "tls-required"
	ReasonFormatUnsupported    Reason = "content-format-unsupported"
	ReasonFormatUnacceptable   Reason = "content-format-unacceptable"
	ReasonJWTMalformed         Reason = "jwt-malformed"
	ReasonJWTExpired           Reason = "jwt-expired"
	ReasonJWTClockSkew         Reason = "jwt-clock-skew"
	ReasonJWTLifetimeTooLong   Reason = "jwt-lifetime-too-long"
	ReasonJWTAudienceMismatch  Reason = "jwt-audience-mismatch"
	ReasonJWTSubjectMismatch   Reason = "jwt-subject-mismatch"
	ReasonJWTKeyUnknown        Reason = "jwt-key-unknown"
	ReasonJWTAlgorithmMismatch Reason = "jwt-algorithm-mismatch"
	ReasonJWTSignatureWrong    Reason = "jwt-signature-wrong"
	ReasonJWTReplayed          Reason = "jwt-replayed"
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

	// Certificates that an authority vouches for.
	ReasonChainTooLong           Reason = "chain-too-long"
	ReasonChainSignatureWrong    Reason = "chain-signature-wrong"
	ReasonChainSignatureWeak     Reason = "chain-signature-weak"
	ReasonChainKeyWeak           Reason = "chain-key-weak"
	ReasonChainExtension         Reason = "chain-extension-unknown"
	ReasonChainExpired           Reason = "chain-expired"
	ReasonChainNotYet            Reason = "chain-not-yet-valid"
	ReasonChainNotAuthority      Reason = "chain-not-authority"
	ReasonChainKeyUsage          Reason = "chain-key-usage"
	ReasonChainNameConstraint    Reason = "chain-name-constraint"
	ReasonCertificateIsAuthority Reason = "certificate-is-authority"
	ReasonCertificatePurpose     Reason = "certificate-purpose"
	ReasonCertificateNameUnfit   Reason = "certificate-name-unfit"
	ReasonCertificateOlder       Reason = "certificate-older"
	ReasonCertificateRenewal     Reason = "certificate-renewal-refused"
	ReasonCertificateRevoked     Reason = "certificate-revoked"
	ReasonRevocationUnknown      Reason = "revocation-unknown"

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
	ReasonTracesFull         Reason = "traces-full"
	ReasonServerBusy         Reason = "server-busy"

	// People and scripts.
	ReasonRequestInvalid     Reason = "request-invalid"
	ReasonNotFound           Reason = "not-found"
	ReasonVersionStale       Reason = "version-stale"
	ReasonKeyReused          Reason = "idempotency-key-reused"
	ReasonKeyUnfinished      Reason = "idempotency-key-unfinished"
	ReasonProfileNameTaken   Reason = "profile-name-taken"
	ReasonProfileInUse       Reason = "profile-in-use"
	ReasonAuthorityTaken     Reason = "profile-authority-taken"
	ReasonAuthorityPublic    Reason = "profile-authority-public"
	ReasonAuthorityInUse     Reason = "authority-in-use"
	ReasonAuthorityKeyAbsent Reason = "authority-key-absent"
	ReasonAuthorityOverlap   Reason = "authority-overlap"
	ReasonSignerUnreachable  Reason = "authority-signer-unreachable"
	ReasonPatternInvalid     Reason = "pattern-invalid"
	ReasonProvisionKeyTaken  Reason = "provision-key-taken"
	ReasonProvisionKeyInUse  Reason = "provision-key-in-use"
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

	ReasonRevocationListInvalid     Reason = "revocation-list-invalid"
	ReasonRevocationListTaken       Reason = "revocation-list-name-taken"
	ReasonRevocationListUnreachable Reason = "revocation-list-unreachable"

	// Imports.
	ReasonImportFileInvalid   Reason = "import-file-invalid"
	ReasonImportColumnUnknown Reason = "import-column-unknown"
	ReasonImportRowInvalid    Reason = "import-row-invalid"
	ReasonImportFailures      Reason = "import-too-many-failures"
	ReasonImportStopped       Reason = "import-not-running"
	ReasonImportRowsFailed    Reason = "import-rows-failed"

	// Campaigns.
	ReasonCampaignState    Reason = "campaign-not-running"
	ReasonCampaignOther    Reason = "campaign-other"
	ReasonRotationUnasked  Reason = "rotation-unasked"
	ReasonDeviceUnequipped Reason = "device-without-credential"
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
	ReasonProfileExhausted:      {Forbidden, "the profile has created as many devices for certificates as it may", "Raise the profile's maximum, or look who has certificates of its authority.", ""},
	ReasonRotationRefused:       {Forbidden, "devices of this profile may not ask for another credential", "Rotate the credential yourself, or let the profile's devices do it: `muster profile update NAME --rotation same-kind`.", ""},
	ReasonRotationKind:          {Forbidden, "the device may not ask for a credential of another type than its own", "Ask for one of the same type, or let the profile allow any: `muster profile update NAME --rotation any-kind`.", ""},
	ReasonRotationWaits:         {Conflict, "somebody has made another credential for the device, which it has not used", "Give the device that credential, or revoke it: `muster device credential revoke NAME ID`.", ""},

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
	ReasonCSRSubjectMismatch:   {Invalid, "the certificate signing request is for another name", "Ask for the device's own name, and for the same names when a certificate is renewed.", ""},
	ReasonProfileMismatch:      {Forbidden, "what was shown is good for another profile than the one in the path", "Put the name of the device's profile into the path, or leave it out.", ""},
	ReasonFormatUnsupported:    {Invalid, "the body is of another format than is taken here", "Send the signing request as PKCS #10 in DER, content format 286.", ""},
	ReasonFormatUnacceptable:   {Invalid, "the answer is in none of the formats that are asked for", "Ask for content format 281 or 287, for a key 62, for attributes 285; or for none.", ""},
	ReasonTLSRequired:          {Forbidden, "certificates are asked for over TLS or DTLS alone", "Use the port of HTTPS or of CoAP over DTLS.", ""},
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
	ReasonJWTReplayed:          {Unknown, "the JWT was used before", "Sign a new JWT, with a jti of its own, for each request; if the device did, somebody has seen the old one.", ""},
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

	ReasonChainTooLong:           {Unknown, "the certificate chain is longer than it may be", "Send the device's certificate and those between it and the authority; compare the authorities' path length.", ""},
	ReasonChainSignatureWrong:    {Unknown, "a certificate of the chain is not signed by the one that it names", "Compare the authority with the profile's: another one may have the same name.", ""},
	ReasonChainSignatureWeak:     {Unknown, "a certificate of the chain is signed with an algorithm that is too weak", "Issue it again, signed with SHA-256 or better.", ""},
	ReasonChainKeyWeak:           {Unknown, "a certificate of the chain has a key that is too weak or of an unknown kind", "Use ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more.", ""},
	ReasonChainExtension:         {Unknown, "a certificate of the chain has a critical extension that is not known", "Issue it again without that extension.", ""},
	ReasonChainExpired:           {Unknown, "a certificate above the device's own has expired", "Renew the authority's certificate, and give it to the devices or to the profile.", ""},
	ReasonChainNotYet:            {Unknown, "a certificate above the device's own is not valid yet", "Check the clocks of the server and of the authority.", ""},
	ReasonChainNotAuthority:      {Unknown, "a certificate of the chain signs another and is no authority's", "Let an authority issue device certificates: its basic constraints say CA.", ""},
	ReasonChainKeyUsage:          {Unknown, "a key of the chain is not for the use that is made of it", "Let authorities have keyCertSign and devices digitalSignature.", ""},
	ReasonChainNameConstraint:    {Unknown, "a name in the certificate is not one that its authority may give", "Issue it under the authority for such names.", ""},
	ReasonCertificateIsAuthority: {Unknown, "the device's certificate is an authority's", "Give devices certificates that cannot sign others.", ""},
	ReasonCertificatePurpose:     {Unknown, "a certificate of the chain is not for clients", "Issue it with the extended key usage clientAuth, or with none.", ""},
	ReasonCertificateNameUnfit:   {Unknown, "the certificate has no name that the profile makes a device's name of", "Compare the certificate's subject with the profile's pattern.", ""},
	ReasonCertificateOlder:       {Forbidden, "the certificate is older than the device's present one", "Give the device its newest certificate.", ""},
	ReasonCertificateRevoked:     {Forbidden, "the authority of the certificate has revoked it", "Give the device a new certificate, if it is to come back.", ""},
	ReasonRevocationUnknown:      {Overloaded, "nobody knows now whether the certificate is revoked", "Look with `muster revocation-list list` for why there is no list of its issuer, or none that is up to date.", ""},
	ReasonCertificateRenewal:     {Forbidden, "the profile lets no further certificate work for the device", "Remove the device's old certificate, or let the profile replace or add.", ""},

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
	ReasonTracesFull:         {Conflict, "as many devices are traced as can be", "End one of those that `GET /v1/traces` lists, or wait: each ends by itself.", ""},
	ReasonServerBusy:         {Overloaded, "the server has more to do than it can hold", "Retry later; if it lasts, give the server more room.", ""},

	ReasonRequestInvalid:     {Invalid, "the request cannot be understood", "Correct the request as the message says.", ""},
	ReasonNotFound:           {NotFound, "there is no such thing", "Look at the list for its name.", ""},
	ReasonVersionStale:       {Conflict, "it has been changed since it was read; nothing was done", "Read it again, look at what has changed, and repeat the change if it is still right.", ""},
	ReasonKeyReused:          {Conflict, "this idempotency key came with another request before; nothing was done", "Give each request a key of its own, and the same one only to the same request.", ""},
	ReasonKeyUnfinished:      {Conflict, "the server stopped while it served the request with this idempotency key", "Look whether what was asked for is there; if not, ask again with another key.", ""},
	ReasonProfileNameTaken:   {Conflict, "there is a profile of this name already", "Use another name.", ""},
	ReasonProfileInUse:       {Conflict, "the profile still has devices", "Delete its devices first.", ""},
	ReasonAuthorityTaken:     {Conflict, "another profile has this authority's certificate", "Use one profile, or an authority for each.", ""},
	ReasonAuthorityPublic:    {Invalid, "the authority is one that the public trusts: it gives certificates to anybody", "Use an authority of your own, or the manufacturer's.", ""},
	ReasonAuthorityInUse:     {Conflict, "the root is still depended on; nothing was done", "Give the new root to all who trust the old one alone, and repeat it with force.", ""},
	ReasonAuthorityKeyAbsent: {Conflict, "the key of this authority's certificate is not on the server", "Have it signed where the key is, and import what comes of it.", ""},
	ReasonAuthorityOverlap:   {Conflict, "the authority has a new root that has not taken over yet, or has none", "Look at `muster ca show`; retire the old root with `muster ca retire-root`.", ""},
	ReasonSignerUnreachable:  {Overloaded, "the program that keeps the authority's key does not sign", "Start it again; what needs no signature goes on meanwhile.", ""},
	ReasonPatternInvalid:     {Invalid, "the pattern cannot be used", "Write it in RE2, with a group around the device's name.", ""},
	ReasonProvisionKeyTaken:  {Conflict, "this provision key exists already", "Use another key.", ""},
	ReasonProvisionKeyInUse:  {Conflict, "there are devices that came in by this provision key", "Revoke it, which keeps everybody out; or delete those devices first.", ""},
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

	ReasonRevocationListInvalid:     {Invalid, "the revocation list cannot be used", "Hand in the newest CRL of an authority that a profile trusts, or name the certificate of whoever signs it.", ""},
	ReasonRevocationListTaken:       {Conflict, "there is a revocation list of this name already", "Use another name, or update that list.", ""},
	ReasonRevocationListUnreachable: {Unreachable, "the revocation list cannot be fetched", "Look at the server's log for what its address answers.", ""},

	ReasonImportFileInvalid:   {Invalid, "the file is not one of devices", "Save it as CSV with a header, or as JSON Lines, in UTF-8 or UTF-16.", ""},
	ReasonImportColumnUnknown: {Invalid, "a column of the file is no field of a device", "Rename the column, or say what it is: --map COLUMN=FIELD, or COLUMN=ignored.", ""},
	ReasonImportRowInvalid:    {Invalid, "the row cannot be read", "Correct the row as the message says, and import it again.", ""},
	ReasonImportFailures:      {Invalid, "so many rows have failed that the file is taken for the wrong one", "Look at the first rows that failed; correct the file or its columns.", ""},
	ReasonImportStopped:       {Conflict, "the import is not in a state for that", "Look at its state with `muster imports list`.", ""},

	ReasonCampaignState:    {Conflict, "the campaign is not in a state for that", "Look at its state with `muster campaign list`.", ""},
	ReasonCampaignOther:    {Conflict, "another campaign asks the device already", "Look with `muster campaign devices` what becomes of it there.", ""},
	ReasonRotationUnasked:  {Conflict, "somebody has removed the attribute by which the device was asked", "Begin another campaign for it, if it shall follow after all.", ""},
	ReasonDeviceUnequipped: {Forbidden, "the device has no credential that opens the door", "Give it a credential, or let it provision.", ""},
	ReasonImportRowsFailed: {Invalid, "some rows were not filed", "Mend them in the file of failed rows, and import that file.", ""},
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
