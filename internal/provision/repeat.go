package provision

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"muster"
)

const (
	repeatTime   = 10 * time.Minute
	maxRequestID = 128 // bytes
)

// digest returns what the answer to the request is filed under, so that it can be given again; nil for a request without
// an id or a certificate signing request, and for a key that was made here and is kept nowhere. Two requests share a digest if they are alike in everything: the key, the name, the credential, the id.
func (s *Service) digest(key *muster.ProvisionKey, name string, req *muster.ProvisionRequest) (*muster.LookupKey, error) {
	if req.Evidence.KeyCSR != "" || req.RequestID == "" && req.Evidence.CSR == "" { // which two devices never have in common
		return nil, nil
	}
	if len(req.RequestID) > maxRequestID {
		return nil, muster.Refuse(muster.ReasonRequestInvalid, "the request id is longer than %d bytes", maxRequestID)
	}
	text := appendPart(appendPart(likeness(req, key, name), req.Recovery.Reveal()), req.Proof.Reveal())
	digest := s.keys.Digest("provision-request", string(text))
	return &digest, nil
}

// likeness is a text that is the same for two requests if they ask for the same: with the same key and id, for a device of
// the same name with the same credential.
func likeness(req *muster.ProvisionRequest, key *muster.ProvisionKey, name string) []byte {
	text := []byte{byte(req.Evidence.Kind), 0}
	if req.Gateway {
		text[1] = 1
	}
	for _, part := range []string{
		key.ID.String(), name, req.RequestID,
		req.Evidence.Token.Reveal(), req.Evidence.ClientID, req.Evidence.Username, req.Evidence.Password.Reveal(),
		req.Evidence.Certificate, req.Evidence.PublicKey, req.Evidence.CSR,
	} {
		text = appendPart(text, part)
	}
	return text
}

// appendPart appends a part so that no two lists of parts come to the same text.
func appendPart(text []byte, part string) []byte {
	return append(binary.AppendUvarint(text, uint64(len(part))), part...)
}

// repeat returns the grant that an earlier request of that digest was given, nil if there is none to repeat: its answer
// may have been lost on the way, and the device would be locked out for good. A device that was suspended since is
// refused.
func (s *Service) repeat(ctx context.Context, request *muster.LookupKey, now time.Time) (*muster.Grant, error) {
	if request == nil {
		return nil, nil
	}
	d, c, err := s.store.Answered(ctx, *request, now.Add(-repeatTime))
	switch {
	case err == nil && d.State == muster.DeviceSuspended:
		return nil, muster.Refuse(muster.ReasonDeviceSuspended, "")
	case err == nil:
		s.metrics.repeated.Inc()
		return s.grant(&d, &c, muster.WayRepeated)
	case muster.KindOf(err) == muster.NotFound:
		return nil, nil
	}
	return nil, fmt.Errorf("look for an earlier answer: %w", err)
}
