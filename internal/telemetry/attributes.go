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

// Save makes the attributes of who durable, in the client's scope. Blank keys are left out, and of a key that comes twice
// the last value counts. ReasonDeviceDeleted if the device is gone.
func (s *Attributes) Save(ctx context.Context, who *muster.Identity, a *muster.Attributes) error {
	now := time.Now()
	var all []muster.Attribute
	for key, value := range a.Values.All() {
		if strings.TrimSpace(key) != "" && value.Kind != muster.NoValue {
			all = append(all, muster.Attribute{Scope: muster.ClientScope, Key: key, Value: value, UpdatedAt: now})
		}
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

// Values returns attributes that the device may see: the named ones of either scope, or all of both if no name is given
// (ThingsBoard device API 3.2).
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
