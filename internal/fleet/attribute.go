package fleet

import (
	"context"
	"maps"
	"slices"
	"strings"

	"muster"
)

// Attributes returns the attributes of the device called name, by scope and key.
func (s *Service) Attributes(ctx context.Context, name string) ([]muster.Attribute, error) {
	d, err := s.Device(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.store.Attributes(ctx, d.ID)
}

// ScopeAttributes returns those of one scope of the device called name, by key.
func (s *Service) ScopeAttributes(ctx context.Context, name string, scope muster.Scope) ([]muster.Attribute, error) {
	all, err := s.Attributes(ctx, name)
	return slices.DeleteFunc(all, func(a muster.Attribute) bool { return a.Scope != scope }), err
}

// ChangeAttributes sets attributes of one scope of the device called name and removes others, in one transaction. Those
// of the client's scope, which the device writes, can only be removed. If there are versions that were seen, the attributes
// of the scope have to be one of them. It returns those of the scope as they are then, by key. The device is told of shared
// ones, if it listens.
func (s *Service) ChangeAttributes(ctx context.Context, name string, scope muster.Scope, set map[string]muster.Value, remove []string, seen ...muster.Version) ([]muster.Attribute, error) {
	if len(set)+len(remove) > muster.MaxKeys {
		return nil, invalid("at most %d attributes are changed at once", muster.MaxKeys)
	}
	if scope == muster.ClientScope && len(set) > 0 {
		return nil, invalid("attributes of the client are set by the device; they can be removed")
	}
	d, err := s.Device(ctx, name)
	if err != nil {
		return nil, err
	}
	now := s.now()
	attributes := make([]muster.Attribute, 0, len(set))
	for key, value := range set {
		if strings.TrimSpace(key) == "" || len(key) > muster.MaxKeyLength {
			return nil, invalid("the key of an attribute has 1 to %d bytes", muster.MaxKeyLength)
		}
		attributes = append(attributes, muster.Attribute{Scope: scope, Key: key, Value: value, UpdatedAt: now})
	}
	all, err := s.store.ChangeAttributes(context.WithoutCancel(ctx), d.ID, scope, attributes, remove, seen...)
	if err == nil && scope == muster.SharedScope {
		s.shared(d.ID, slices.AppendSeq(slices.Clone(remove), maps.Keys(set)))
	}
	return all, missing(err, "device", name)
}
