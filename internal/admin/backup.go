package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

func (a *api) serveBackups() {
	serveAdmin(a, http.MethodPost, "/v1/backups", "create-backup", "A backup of everything, as one file, while the server goes on", a.createBackup,
		explained("One file of registry, readings and, under a passphrase, the master key, as they were at one moment."),
		streaming("application/x-tar"))
}

func (a *api) createBackup(ctx context.Context, in *struct {
	Body struct {
		Passphrase muster.Secret `json:"passphrase,omitempty" maxLength:"1024" doc:"the master key is put into the backup under it; left out: the master key is left out"`
	}
},
) (*huma.StreamResponse, error) {
	write, err := a.Backups.Create(ctx, in.Body.Passphrase)
	if err != nil {
		return nil, err
	}
	a.Logger.InfoContext(ctx, "a backup is made", "by", actorName(ctx), "keys", in.Body.Passphrase != "")
	return a.download("muster-backup.tar", "application/x-tar", write), nil
}

func actorName(ctx context.Context) string {
	actor, _ := muster.ActorOf(ctx)
	return actor.Name
}
