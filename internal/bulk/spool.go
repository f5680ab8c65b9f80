package bulk

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"muster"
)

// pageSize is how much of a file is sealed together.
const pageSize = 64 << 10

// A spool keeps the files of imports that are not done, sealed: there are tokens and passwords in them.
type spool struct {
	dir  string
	keys *muster.Keyring
}

func (s *spool) path(id muster.ImportID) string { return filepath.Join(s.dir, id.String()) }

// purpose is what a page of a file is sealed for, so that pages cannot be exchanged.
func purpose(id muster.ImportID, page int) string { return fmt.Sprintf("import %s page %d", id, page) }

// save writes the file of an import from body, of which it takes at most limit bytes, durably. It returns how many there
// were.
func (s *spool) save(id muster.ImportID, body io.Reader, limit int64) (size int64, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return 0, storage(err)
	}
	f, err := os.OpenFile(s.path(id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, storage(err)
	}
	size, err = s.fill(f, id, io.LimitReader(body, limit+1))
	if err == nil && size > limit {
		err = muster.Refuse(muster.ReasonPayloadTooLarge, "the file is larger than %d MB", limit>>20)
	}
	if err == nil {
		err = storage(f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = storage(syncDir(s.dir))
	}
	if err != nil {
		return 0, errors.Join(err, s.remove(id))
	}
	return size, nil
}

func (s *spool) fill(f io.Writer, id muster.ImportID, body io.Reader) (size int64, err error) {
	page := make([]byte, pageSize)
	for number := 0; ; number++ {
		n, err := io.ReadFull(body, page)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return size, fmt.Errorf("the file did not arrive whole: %w", err)
		}
		if n > 0 {
			sealed := s.keys.Seal(muster.Secret(page[:n]), purpose(id, number))
			if _, err := f.Write(binary.BigEndian.AppendUint32(nil, uint32(len(sealed)))); err != nil { //nolint:gosec // a page
				return size, storage(err)
			}
			if _, err := f.Write(sealed); err != nil {
				return size, storage(err)
			}
			size += int64(n)
		}
		if end {
			return size, nil
		}
	}
}

// storage says what a failure to write means to whoever handed in the file.
func storage(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return muster.Because(muster.ReasonStorageFull, err)
	}
	return muster.Because(muster.ReasonStorageUnavailable, err)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove takes the file of an import away, if it is there.
func (s *spool) remove(id muster.ImportID) error {
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// has reports whether the file of an import is there.
func (s *spool) has(id muster.ImportID) bool {
	_, err := os.Stat(s.path(id))
	return err == nil
}

// names returns the imports whose files are there.
func (s *spool) names() (ids []muster.ImportID, err error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if id, err := muster.ParseID[muster.Import](e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// open returns the file of an import as it was handed in.
func (s *spool) open(id muster.ImportID) (*spooled, error) {
	f, err := os.Open(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, muster.Refuse(muster.ReasonNotFound, "the file of the import is not kept any more")
	}
	if err != nil {
		return nil, storage(err)
	}
	return &spooled{keys: s.keys, id: id, file: f, in: bufio.NewReaderSize(f, pageSize)}, nil
}

// A spooled file is read page by page.
type spooled struct {
	keys *muster.Keyring
	id   muster.ImportID
	file *os.File
	in   *bufio.Reader
	page string // what is left of the page that was opened last
	next int    // number of the page behind it
	read int64  // bytes that were handed out
}

func (s *spooled) Close() error { return s.file.Close() }

// Read hands out the next bytes of the file.
func (s *spooled) Read(p []byte) (int, error) {
	if s.page == "" {
		if err := s.turn(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.page)
	s.page = s.page[n:]
	s.read += int64(n)
	return n, nil
}

func (s *spooled) turn() error {
	var head [4]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return err // io.EOF between pages is the end
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > pageSize+1<<10 {
		return errDamaged
	}
	sealed := make(muster.Sealed, size)
	if _, err := io.ReadFull(s.in, sealed); err != nil {
		return errDamaged
	}
	page, err := s.keys.Open(sealed, purpose(s.id, s.next))
	if err != nil {
		return errDamaged
	}
	s.page = page.Reveal()
	s.next++
	return nil
}

var errDamaged = errors.New("the kept file of the import is damaged")
