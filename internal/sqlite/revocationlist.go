package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"muster"
)

const revocationListFields = `l.id, l.name, l.url, l.issuer, l.der, l.created_at, l.taken_at`

func readRevocationList(r *row) muster.RevocationList {
	return muster.RevocationList{
		ID: id[muster.RevocationList](r), Name: r.text(), URL: r.text(), Issuer: r.text(), DER: r.blob(), CreatedAt: r.time(), TakenAt: r.time(),
	}
}

// RevocationLists returns all lists with their CRLs, by name.
func (r *Registry) RevocationLists(ctx context.Context) ([]muster.RevocationList, error) {
	return list(ctx, r.readers, readRevocationList, `SELECT `+revocationListFields+` FROM revocation_list l ORDER BY l.name`)
}

// CreateRevocationList files a list. Refused with ReasonRevocationListTaken.
func (r *Registry) CreateRevocationList(ctx context.Context, l muster.RevocationList) error {
	return r.write(ctx, func(tx *conn) error {
		_, err := tx.exec(`INSERT INTO revocation_list (id, name, url, issuer, der, created_at, taken_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			blob(l.ID[:]), text(l.Name), text(l.URL), text(l.Issuer), blob(l.DER), millis(l.CreatedAt), millis(l.TakenAt))
		if err != nil {
			return refused(err, muster.ReasonRevocationListTaken, muster.ReasonNotFound)
		}
		return audited(ctx, tx, act{"create", "revocation-list", l.Name, nil, revocationListView(l)})
	})
}

// UpdateRevocationList puts a list in the place of the one that has its ID, if that is one of the versions that were seen;
// none: whatever it is. Its name and CreatedAt stay. NotFound if it is gone.
func (r *Registry) UpdateRevocationList(ctx context.Context, l muster.RevocationList, seen ...muster.Version) error {
	return r.write(ctx, func(tx *conn) error {
		before, err := seenRevocationList(tx, l.ID, seen)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE revocation_list SET url = ?, issuer = ?, der = ?, taken_at = ? WHERE id = ?`,
			text(l.URL), text(l.Issuer), blob(l.DER), millis(l.TakenAt), blob(l.ID[:]))
		if err != nil {
			return err
		}
		return audited(ctx, tx, act{"update", "revocation-list", before.Name, revocationListView(before), revocationListView(l)})
	})
}

// DeleteRevocationList forgets a list, if it is one of the versions that were seen; none: whatever it is. NotFound if it is
// gone.
func (r *Registry) DeleteRevocationList(ctx context.Context, id muster.RevocationListID, seen ...muster.Version) error {
	return r.write(ctx, func(tx *conn) error {
		before, err := seenRevocationList(tx, id, seen)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM revocation_list WHERE id = ?`, blob(id[:])); err != nil {
			return err
		}
		return audited(ctx, tx, act{"delete", "revocation-list", before.Name, revocationListView(before), nil})
	})
}

func seenRevocationList(tx *conn, id muster.RevocationListID, seen []muster.Version) (muster.RevocationList, error) {
	l, err := one(tx, readRevocationList, `SELECT `+revocationListFields+` FROM revocation_list l WHERE l.id = ?`, blob(id[:]))
	if err != nil {
		return l, err
	}
	return l, l.Version().Expect(seen)
}

func revocationListView(l muster.RevocationList) view {
	sum := sha256.Sum256(l.DER)
	return view{"name": l.Name, "url": l.URL, "issuer": l.Issuer, "crl": hex.EncodeToString(sum[:8])}
}
