package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster"
	"muster/internal/telemetry"
)

// A board is a store of attributes of one device.
type board struct {
	saved  []muster.Attribute
	stored []muster.Attribute
	fail   error
}

func (b *board) SaveAttributes(_ context.Context, _ muster.DeviceID, attributes []muster.Attribute) error {
	b.saved = attributes
	return b.fail
}

func (b *board) Attributes(context.Context, muster.DeviceID) ([]muster.Attribute, error) {
	return b.stored, b.fail
}

func names(attributes []muster.Attribute) string {
	var all []string
	for _, a := range attributes {
		all = append(all, fmt.Sprintf("%s/%s=%s", a.Scope, a.Key, a.Value.AppendJSON(nil)))
	}
	return strings.Join(all, " ")
}

func TestSavingAttributes(t *testing.T) {
	long := strings.Repeat("k", muster.MaxKeyLength)
	for _, c := range []struct {
		name string
		keys []string // their values count up from 0
		want string
	}{
		{"they are the client's", []string{"a", "b"}, "client/a=0 client/b=1"},
		{"blank keys are left out", []string{"", "a", " \t"}, "client/a=1"},
		{"the longest key is kept", []string{long}, "client/" + long + "=0"},
		{"longer keys are left out", []string{long + "k", "a"}, "client/a=1"},
		{"of a key that comes twice the last counts", []string{"a", "b", "a"}, "client/a=2 client/b=1"},
		{"nothing is nothing", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := &board{}
			var v muster.Values
			for i, key := range c.keys {
				v = v.Add(key, muster.LongValue(int64(i)))
			}
			if err := telemetry.NewAttributes(store).Save(t.Context(), who, &muster.Attributes{Values: v}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, names(store.saved)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("too many are refused", func(t *testing.T) {
		var v muster.Values
		for i := range muster.MaxKeys + 1 {
			v = v.Add(fmt.Sprint(i), muster.LongValue(0))
		}
		store := &board{}
		err := telemetry.NewAttributes(store).Save(t.Context(), who, &muster.Attributes{Values: v})
		if !errors.Is(err, muster.ReasonPayloadInvalid) || store.saved != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a device that is gone was deleted", func(t *testing.T) {
		store := &board{fail: muster.NotFound}
		v := muster.Values(nil).Add("a", muster.LongValue(0))
		err := telemetry.NewAttributes(store).Save(t.Context(), who, &muster.Attributes{Values: v})
		if !errors.Is(err, muster.ReasonDeviceDeleted) {
			t.Errorf("got %v", err)
		}
	})
}

// ThingsBoard device API 3.2 and 4.
func TestAskingForAttributes(t *testing.T) {
	var stored []muster.Attribute
	for _, scope := range []muster.Scope{muster.ServerScope, muster.SharedScope, muster.ClientScope} {
		for _, key := range []string{"a", "b"} {
			stored = append(stored, muster.Attribute{Scope: scope, Key: key, Value: muster.LongValue(int64(scope))})
		}
	}
	for _, c := range []struct {
		name           string
		client, shared []string
		want           string
	}{
		{"without names all that the device may see", nil, nil, "client/a=2 client/b=2 | shared/a=1 shared/b=1"},
		{"with names of both scopes those", []string{"a"}, []string{"b", "c"}, "client/a=2 | shared/b=1"},
		{"with names of one scope nothing of the other", []string{"b", "a"}, nil, "client/a=2 client/b=2 | "},
		{"nor the other way round", nil, []string{"a"}, " | shared/a=1"},
		{"unknown names are left out", []string{"x"}, []string{"y"}, " | "},
		{"an empty list names nothing", []string{}, nil, " | "},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := telemetry.NewAttributes(&board{stored: stored}).Values(t.Context(), who.Device, c.client, c.shared)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, names(got.Client)+" | "+names(got.Shared)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a failing store is passed on", func(t *testing.T) {
		if _, err := telemetry.NewAttributes(&board{fail: muster.NotFound}).Values(t.Context(), who.Device, nil, nil); !errors.Is(err, muster.NotFound) {
			t.Errorf("got %v", err)
		}
	})
}
