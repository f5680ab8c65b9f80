package admin

import (
	"context"
	"net/http"
	"time"

	"muster"
)

// ExpiringCredentials are credentials that end on one day.
type ExpiringCredentials struct {
	Day       string `json:"day" format:"date" doc:"in UTC" example:"2026-12-24"`
	Profile   string `json:"profile" doc:"of their devices" example:"sensors"`
	Kind      string `json:"kind" enum:"ACCESS_TOKEN,X509_CERTIFICATE,MQTT_BASIC,PUBLIC_KEY"`
	Authority string `json:"authority,omitempty" doc:"key of the built-in authority that has issued these certificates; left out: none has, or they are another's, of those that the profile trusts"`
	Count     int    `json:"count"`
}

func (a *api) serveForecast() {
	serve(a, http.MethodGet, "/v1/credentials/forecast", "forecast-credentials", "How many credentials end, by day", a.forecastCredentials,
		explained("Counted are credentials that open the door, by the profile of their devices, by their kind, and certificates of the built-in authority "+
			"by the key that has signed them. Days on which none ends are left out."))
}

func (a *api) forecastCredentials(ctx context.Context, in *struct {
	Days int `query:"days" minimum:"1" maximum:"3660" default:"90" doc:"today and those that follow"`
},
) (*answer[List[ExpiringCredentials]], error) {
	all, err := a.Expiry.Forecast(ctx, in.Days)
	if err != nil {
		return nil, err
	}
	profiles, err := a.profileNames(ctx)
	if err != nil {
		return nil, err
	}
	return listOf(all, func(e muster.Expiring) ExpiringCredentials {
		shown := ExpiringCredentials{Day: e.Day.Format(time.DateOnly), Profile: profiles[e.Profile], Kind: e.Kind.String(), Count: e.Count}
		if e.Authority != (muster.AuthorityID{}) {
			shown.Authority = e.Authority.String()
		}
		return shown
	}), nil
}
