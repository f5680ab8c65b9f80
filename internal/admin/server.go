package admin

import (
	"context"
	"net/http"
	"runtime"
	"time"
)

// A Server is what answers.
type Server struct {
	Version   string    `json:"version"`
	Go        string    `json:"go"`
	StartedAt time.Time `json:"startedAt"`
	Sessions  int       `json:"sessions" doc:"devices that are connected now"`
}

func (a *api) serveServer() {
	serve(a, http.MethodGet, "/v1/server", "show-server", "The server itself", a.showServer)
}

func (a *api) showServer(context.Context, *struct{}) (*answer[Server], error) {
	return &answer[Server]{Server{
		Version: a.Version, Go: runtime.Version(), StartedAt: a.started, Sessions: a.Sessions.Count(),
	}}, nil
}
