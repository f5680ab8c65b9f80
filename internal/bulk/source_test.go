package bulk

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"muster"
)

// rows reads a file whole, a line for each row.
func rows(file io.Reader, o muster.ImportOptions) (string, error) {
	src, err := open(file, &o)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		if r.wrong != nil {
			b.WriteString("wrong")
		}
		for _, c := range r.cells {
			b.WriteString("[" + c.column.canonical() + " " + c.plain() + "]")
		}
		b.WriteString("\n")
	}
}

// wide returns text in UTF-16, the low byte first or last.
func wide(text string, lowFirst bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if lowFirst {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}

func TestFilesOfEveryShapeAreRead(t *testing.T) {
	const plain, want = "Name,Label\npump,é\U0001F600\n", "[name pump][label é\U0001F600]\n"
	for name, tc := range map[string]struct{ file, want string }{
		"UTF-8":                           {plain, want},
		"UTF-8 with a mark":               {"\uFEFF" + plain, want},
		"UTF-16, the low byte first":      {wide("\uFEFF"+plain, true), want},
		"UTF-16, the low byte last":       {wide("\uFEFF"+plain, false), want},
		"UTF-16 without a mark":           {wide(plain, true), want},
		"UTF-16 without a mark, big":      {wide(plain, false), want},
		"semicolons":                      {strings.ReplaceAll(plain, ",", ";"), want},
		"tabs":                            {strings.ReplaceAll(plain, ",", "\t"), want},
		"bars":                            {strings.ReplaceAll(plain, ",", "|"), want},
		"a line for spreadsheets":         {"sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"), want},
		"commas within quotes":            {"name;\"label\"\npump;\"a,b,c\"\n", "[name pump][label a,b,c]\n"},
		"no line end at the end":          {strings.TrimSuffix(plain, "\n"), want},
		"line ends of Windows":            {strings.ReplaceAll(plain, "\n", "\r\n"), want},
		"empty lines":                     {strings.ReplaceAll(plain, "\n", "\n\n"), want},
		"an empty cell":                   {"name,label\npump,\n", "[name pump]\n"},
		"a row that is short":             {"name,label,type\npump\n", "[name pump]\n"},
		"a line break in a cell":          {"name,label\npump,\"a\nb\"\n", "[name pump][label a\nb]\n"},
		"ThingsBoard's names":             {"NAME,TYPE,LABEL,DESCRIPTION,IS_GATEWAY,ACCESS_TOKEN,MQTT_USER_NAME,SERVER_ATTRIBUTE.k,TIMESERIES.t,LWM2M_CLIENT_ENDPOINT,SNMP_HOST,SERVER_ATTRIBUTE\na,b,c,d,e,f,g,h,i,j,k,l\n", "[name a][profile b][label c][description d][gateway e][token f][mqtt_username g][server.k h][telemetry.t i]\n"},
		"JSON Lines":                      {"\n{\"name\":\"a\",\"label\":null,\"server\":{\"k\":1}}\n{\"name\":\"b\"}", "[name a][server {\"k\":1}]\n[name b]\n"},
		"JSON Lines with an error":        {"{\"name\":\"a\",\"import_error\":{}}\n{\n", "[name a]\nwrong\n"},
		"a quote in the wrong place":      {"name,label\na,b\"c\nd,e\n", "wrong\n[name d][label e]\n"},
		"a quote that closes too early":   {"name,label\na,\"b\"c\nd,e\n", "wrong\n[name d][label e]\n"},
		"a quote that is open at the end": {"name,label\na,\"b\nd,e\n", "wrong\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tc.file), iotest.OneByteReader(strings.NewReader(tc.file))} {
				if got, err := rows(r, muster.ImportOptions{}); got != tc.want || err != nil {
					t.Errorf("read %q, %v; want %q", got, err, tc.want)
				}
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	long := strings.Repeat("x", maxRecord)
	for name, tc := range map[string]struct {
		file   string
		o      muster.ImportOptions
		reason muster.Reason
	}{
		"nothing":                        {"", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"blanks":                         {" \n\n", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"no name":                        {"label\nx\n", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"two names":                      {"name,NAME\nx,y\n", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a profile and a type":           {"name,profile,type\nx,y,z\n", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a header that cannot be read":   {"name,\"x\"y\n", muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a column that is no field":      {"name,colour\n", muster.ImportOptions{}, muster.ReasonImportColumnUnknown},
		"an attribute without a key":     {"name,server.\n", muster.ImportOptions{}, muster.ReasonImportColumnUnknown},
		"a mapping to no field":          {"name,colour\n", muster.ImportOptions{Columns: map[string]string{"colour": "shade"}}, muster.ReasonImportColumnUnknown},
		"a mapping of no column":         {"name\n", muster.ImportOptions{Columns: map[string]string{"colour": "label"}}, muster.ReasonImportColumnUnknown},
		"no header and no mapping":       {"a,b\n", muster.ImportOptions{Headless: true}, muster.ReasonImportFileInvalid},
		"too many columns":               {"name" + strings.Repeat(",ignored", maxColumns), muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a header that is too long":      {"name,\"" + long + long, muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a row that is too long":         {"name\n\"" + long + long, muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"a line that is too long":        {"{\"name\":\"" + long + long, muster.ImportOptions{}, muster.ReasonImportFileInvalid},
		"JSON Lines that are said to be": {"name\nx\n", muster.ImportOptions{Format: "jsonl"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := rows(strings.NewReader(tc.file), tc.o); muster.ReasonOf(err) != tc.reason {
				t.Errorf("got %v, want %q", err, tc.reason)
			}
		})
	}
}

func FuzzFilesAreReadOrRefused(f *testing.F) {
	f.Add([]byte("name,token\npump,x\n"), "", false)
	f.Add([]byte("\xff\xfen\x00a\x00m\x00e\x00\n\x00x\x00"), "", false)
	f.Add([]byte("sep=;\nname;server.a\n\"x\ny\";1\n"), ";", false)
	f.Add([]byte("{\"name\":\"x\",\"tags\":{\"a\":\"b\"},\"server\":{\"k\":1.5},\"telemetry.t\":[1]}\n{}"), "", false)
	f.Add([]byte("1,2\n\"a\"\"b\",c\n"), "", true)
	keys, err := muster.NewKeyring(make([]byte, muster.MasterKeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte, delimiter string, headless bool) {
		o := muster.ImportOptions{Delimiter: delimiter, Headless: headless}
		if headless {
			o.Columns = map[string]string{"1": "name"}
		}
		if checkOptions(&o) != nil {
			return
		}
		src, err := open(bytes.NewReader(file), &o)
		if err != nil {
			return
		}
		d := &desk{keys: keys, profiles: map[string]muster.Profile{"default": {ID: muster.NewID[muster.Profile](), Name: "default"}}, profile: "default"}
		for line := 0; ; {
			rec, err := src.next()
			if err != nil {
				return
			}
			if rec.line <= line {
				t.Fatalf("line %d follows on line %d", rec.line, line)
			}
			line = rec.line
			sealed := rec.kept.seal(keys, muster.ImportID{})
			if _, err := openKept(keys, muster.ImportID{}, sealed); err != nil {
				t.Fatal(err)
			}
			row, err := d.row(rec)
			if err == nil && (muster.CheckDeviceName(row.record.Device.Name) != nil || len(row.record.Credentials) == 0) {
				t.Fatalf("a row without name or credential is taken: %+v", row.record)
			}
			if muster.KindOf(err) == muster.Internal && err != nil {
				t.Fatalf("a row is refused without a reason: %v", err)
			}
		}
	})
}

func TestARowThatCannotBeSplitIsKeptAsItStands(t *testing.T) {
	src, err := open(strings.NewReader("name,label\na,1\nb,\"2\"x\nc,3\n"), &muster.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for want := range strings.SplitSeq("|b,\"2\"x\n|", "|") {
		r, err := src.next()
		if err != nil || r.kept.text != want {
			t.Errorf("kept %q, %v; want %q", r.kept.text, err, want)
		}
	}
}
