package telemetry

import (
	"context"
	"slices"
	"strings"
	"time"

	"muster"
)

// Attributes takes in the attributes that devices report and tells them those that they may see.
type Attributes struct{ store AttributeStore }

// NewAttributes returns the attributes in store.
func NewAttributes(store AttributeStore) *Attributes { return &Attributes{store} }

// Save makes the attributes of who durable, in the client's scope. Keys that are blank or longer than muster.MaxKeyLength
// are left out, and of a key that comes twice the last value counts. ReasonPayloadInvalid for more than muster.MaxKeys,
// ReasonDeviceDeleted if the device is gone.
func (s *Attributes) Save(ctx context.Context, who *muster.Identity, a *muster.Attributes) error {
	now := time.Now()
	place := make(map[string]int)
	var all []muster.Attribute
	for key, value := range a.Values.All() {
		if strings.TrimSpace(key) == "" || len(key) > muster.MaxKeyLength || value.Kind == muster.NoValue {
			continue
		}
		attribute := muster.Attribute{Scope: muster.ClientScope, Key: key, Value: value, UpdatedAt: now}
		if i, twice := place[key]; twice {
			all[i] = attribute
			continue
		}
		if len(all) == muster.MaxKeys {
			return muster.Refuse(muster.ReasonPayloadInvalid, "more than %d attributes", muster.MaxKeys)
		}
		place[key] = len(all)
		all = append(all, attribute)
	}
	if len(all) == 0 {
		return nil
	}
	err := s.store.SaveAttributes(ctx, who.Device, all)
	if err != nil && muster.KindOf(err) == muster.NotFound {
		return muster.Refuse(muster.ReasonDeviceDeleted, "")
	}
	return err
}

// Values returns attributes that the device may see, by key: the named ones of each scope, or all of both if neither list
// is given (ThingsBoard device API 3.2). A scope whose list alone is nil is left out.
func (s *Attributes) Values(ctx context.Context, device muster.DeviceID, clientKeys, sharedKeys []string) (*muster.AttributeValues, error) {
	stored, err := s.store.Attributes(ctx, device)
	if err != nil {
		return nil, err
	}
	all := clientKeys == nil && sharedKeys == nil
	values := &muster.AttributeValues{}
	for _, a := range stored {
		switch {
		case a.Scope == muster.ClientScope && (all || slices.Contains(clientKeys, a.Key)):
			values.Client = append(values.Client, a)
		case a.Scope == muster.SharedScope && (all || slices.Contains(sharedKeys, a.Key)):
			values.Shared = append(values.Shared, a)
		}
	}
	return values, nil
}
