package bulk

import (
	"encoding/json"
	"fmt"

	"muster"
)

// What is kept of a row: its cells, or its text where the format has none or it cannot be split.
type kept struct {
	cells []string
	text  string
}

// recordPurpose is what the rows of an import are sealed for that were not filed.
func recordPurpose(id muster.ImportID) string { return "import " + id.String() }

// seal returns the row as it is kept: there may be a token in it.
func (k *kept) seal(keys *muster.Keyring, id muster.ImportID) muster.Sealed {
	if k.cells == nil {
		return keys.Seal(muster.Secret("t"+k.text), recordPurpose(id))
	}
	cells, _ := json.Marshal(k.cells) // texts always encode
	return keys.Seal(muster.Secret("c"+string(cells)), recordPurpose(id))
}

// openKept is the inverse of seal.
func openKept(keys *muster.Keyring, id muster.ImportID, sealed muster.Sealed) (k kept, err error) {
	plain, err := keys.Open(sealed, recordPurpose(id))
	if err != nil {
		return k, err
	}
	switch text := plain.Reveal(); {
	case text == "":
		return k, errDamaged
	case text[0] == 't':
		k.text = text[1:]
		return k, nil
	default:
		if err := json.Unmarshal([]byte(text[1:]), &k.cells); err != nil {
			return k, fmt.Errorf("a row that was not filed: %w", errDamaged)
		}
	}
	return k, nil
}
