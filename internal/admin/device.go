package admin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"muster"
	"muster/internal/fleet"
)

// A Device is a device in a list.
type Device struct {
	ID            string            `json:"id" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Name          string            `json:"name" example:"pump-1"`
	Profile       string            `json:"profile" example:"sensors"`
	State         string            `json:"state" enum:"listed,active,suspended" example:"active"`
	Connected     bool              `json:"connected" doc:"it has a session now" example:"true"`
	Gateway       bool              `json:"gateway,omitempty"`
	Label         string            `json:"label,omitempty" example:"by the door"`
	Description   string            `json:"description,omitempty" example:"Feeds the upper basin."`
	Tags          map[string]string `json:"tags,omitempty" example:"{\"site\":\"north\"}"`
	CreatedAt     time.Time         `json:"createdAt"`
	ProvisionedAt time.Time         `json:"provisionedAt,omitzero" doc:"when it let itself in" example:"2026-03-01T08:30:00Z"`
}

// A DeviceView is all that is known of a device but its readings.
type DeviceView struct {
	Device
	ProvisionedWith string       `json:"provisionedWith,omitempty" doc:"id of the provision key that let it in" example:"019283b1-7c4e-7d30-9f2a-5b6c7d8e9f00"`
	Credentials     []Credential `json:"credentials" nullable:"false"`
	Attributes      Attributes   `json:"attributes"`
}

// Attributes are the attributes of a device, by scope and key.
type Attributes struct {
	Server map[string]json.RawMessage `json:"server" doc:"written and read by the server"`
	Shared map[string]json.RawMessage `json:"shared" doc:"written by the server, read by the device"`
	Client map[string]json.RawMessage `json:"client" doc:"written by the device"`
}

// A NewDevice is a device to be made, with what it shall show.
type NewDevice struct {
	Name        string            `json:"name" example:"pump-1"`
	Profile     string            `json:"profile,omitempty" doc:"left out: default" example:"sensors"`
	Label       string            `json:"label,omitempty"`
	Description string            `json:"description,omitempty" example:"Feeds the upper basin."`
	Tags        map[string]string `json:"tags,omitempty" example:"{\"site\":\"north\"}"`
	Gateway     bool              `json:"gateway,omitempty"`
	Evidence
}

// A DeviceChange is what shall change of a device; what is left out stays.
type DeviceChange struct {
	Name        *string            `json:"name,omitempty"`
	Profile     *string            `json:"profile,omitempty" doc:"the name of another profile"`
	Label       *string            `json:"label,omitempty" example:"by the door"`
	Description *string            `json:"description,omitempty"`
	Tags        *map[string]string `json:"tags,omitempty" doc:"all of them: those that are left out are removed" example:"{\"site\":\"south\"}"`
	Gateway     *bool              `json:"gateway,omitempty"`
}

// A MadeDevice is a new device, with the token that the server made for it, which is shown this once.
type MadeDevice struct {
	Device
	Token string `json:"token,omitempty" doc:"only where the server made it" example:"A7dK2mQx9RtB4nLw8ZsC"`
}

func (a *api) serveDevices() {
	serve(a, http.MethodGet, "/v1/devices", "list-devices", "Devices that meet conditions, in an order", a.listDevices,
		explained("Conditions that are given hold together. A page looks at 20,000 devices at most, so that one of a rare condition may be short, or empty, and have a next."),
		refusing(muster.ReasonNotFound))
	serve(a, http.MethodPost, "/v1/devices", "create-device", "Makes a device", a.createDevice,
		explained("It is in at once, or listed where its profile lets only listed devices provision themselves. Without a credential the server makes a token."),
		refusing(muster.ReasonDeviceNameTaken, muster.ReasonDeviceNameInvalid, muster.ReasonCredentialInUse, muster.ReasonCredentialInvalid, muster.ReasonNotFound))
	serve(a, http.MethodGet, "/v1/devices/{name}", "show-device", "One device with its credentials and attributes", a.showDevice)
	serve(a, http.MethodPatch, "/v1/devices/{name}", "update-device",
		"Changes a device; another name, profile or gateway ends its sessions", a.updateDevice,
		explained("What is left out stays; tags that are given replace all tags."),
		refusing(muster.ReasonDeviceNameTaken, muster.ReasonDeviceNameInvalid))
	serve(a, http.MethodDelete, "/v1/devices/{name}", "delete-device", "Removes a device and all it sent", a.deleteDevice)
	serve(a, http.MethodPost, "/v1/devices/{name}/suspend", "suspend-device", "Keeps a device out and ends its sessions", a.suspendDevice)
	serve(a, http.MethodPost, "/v1/devices/{name}/resume", "resume-device", "Lets a suspended device back in", a.resumeDevice)
}

func (a *api) createDevice(ctx context.Context, in *struct{ Body NewDevice }) (*tagged[MadeDevice], error) {
	b := in.Body
	row, shown, err := a.Fleet.CreateDevice(ctx, fleet.NewDevice{
		Name: b.Name, Profile: b.Profile, Label: b.Label, Description: b.Description, Tags: b.Tags, Gateway: b.Gateway, Credentials: b.credentials(),
	})
	if err != nil {
		return nil, err
	}
	return tag(row.Version(), MadeDevice{a.deviceOf(row), b.madeToken(shown...)}), nil
}

func (a *api) showDevice(ctx context.Context, in *named) (*tagged[DeviceView], error) {
	v, err := a.Fleet.ShowDevice(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	view := DeviceView{
		Device: a.deviceOf(v.DeviceRow), ProvisionedWith: v.ProvisionedWith.String(),
		Credentials: listOf(v.Credentials, a.credentialOf).Body.Items, Attributes: attributesOf(v.Attributes),
	}
	return tag(v.Version(), view), nil
}

func (a *api) updateDevice(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"255"`
	Expected
	Body DeviceChange
},
) (*tagged[Device], error) {
	return a.shownDevice(a.Fleet.UpdateDevice(ctx, in.Name, fleet.DeviceChange(in.Body), in.seen()...))
}

func (a *api) deleteDevice(ctx context.Context, in *seenNamed) (*struct{}, error) {
	d, err := a.Fleet.Device(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if err := a.Fleet.DeleteDevice(ctx, in.Name, in.seen()...); err != nil {
		return nil, err
	}
	a.Tracer.Forget(d.ID)
	// The device is gone, and it is remembered that its readings are to be removed: what cannot be now is removed later.
	if err := a.Readings.Forget(context.WithoutCancel(ctx), d.ID); err != nil {
		a.Logger.LogAttrs(ctx, slog.LevelError, "readings of a deleted device stay for now", slog.String("device", d.ID.String()), slog.Any("error", err))
	}
	return nil, nil
}

func (a *api) suspendDevice(ctx context.Context, in *seenNamed) (*tagged[Device], error) {
	return a.shownDevice(a.Fleet.SuspendDevice(ctx, in.Name, in.seen()...))
}

func (a *api) resumeDevice(ctx context.Context, in *seenNamed) (*tagged[Device], error) {
	return a.shownDevice(a.Fleet.ResumeDevice(ctx, in.Name, in.seen()...))
}

// shownDevice shows a device that a job has returned.
func (a *api) shownDevice(row fleet.DeviceRow, err error) (*tagged[Device], error) {
	if err != nil {
		return nil, err
	}
	return tag(row.Version(), a.deviceOf(row)), nil
}

func (a *api) deviceOf(d fleet.DeviceRow) Device {
	return Device{
		ID: d.ID.String(), Name: d.Name, Profile: d.ProfileName, State: d.State.String(), Connected: a.Sessions.Connected(d.ID),
		Gateway: d.Gateway, Label: d.Label, Description: d.Description, Tags: d.Tags, CreatedAt: d.CreatedAt, ProvisionedAt: d.ProvisionedAt,
	}
}

func attributesOf(all []muster.Attribute) Attributes {
	a := Attributes{
		Server: map[string]json.RawMessage{}, Shared: map[string]json.RawMessage{}, Client: map[string]json.RawMessage{},
	}
	for _, at := range all {
		scope := map[muster.Scope]map[string]json.RawMessage{
			muster.ServerScope: a.Server, muster.SharedScope: a.Shared, muster.ClientScope: a.Client,
		}[at.Scope]
		scope[at.Key] = at.Value.AppendJSON(nil)
	}
	return a
}
