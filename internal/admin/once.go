package admin

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"muster"
)

// onceHeader is where a request says by which key it is known, and onceAgain where the answer says that it is an earlier one.
const (
	onceHeader = "Idempotency-Key"
	onceAgain  = "Idempotency-Replayed"
	maxOnceKey = 255 // bytes
)

// onceParameter describes the header in the OpenAPI document.
func onceParameter() *huma.Param {
	longest := maxOnceKey
	return &huma.Param{
		Name: onceHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
		Description: "the same key with the same request is answered for a day with the first answer, and nothing is done again",
	}
}

// remembers reports whether an operation is carried out once for each key: the document says so.
func remembers(op *huma.Operation) bool { return slices.ContainsFunc(op.Parameters, isOnceParameter) }

func isOnceParameter(p *huma.Param) bool { return p.Name == onceHeader }

// once serves a request, or answers with what it was answered when it came before with the same key.
func (a *api) once(ctx huma.Context, next func(huma.Context)) {
	key := ctx.Header(onceHeader)
	if key == "" || !remembers(ctx.Operation()) {
		next(ctx)
		return
	}
	if err := a.answerOnce(ctx, key, next); err != nil {
		refuse(ctx, a.tell(ctx.Context(), ctx.Operation().OperationID, err))
	}
}

func (a *api) answerOnce(ctx huma.Context, key string, next func(huma.Context)) error {
	if len(key) > maxOnceKey {
		return muster.Refuse(muster.ReasonRequestInvalid, "%s is longer than %d bytes", onceHeader, maxOnceKey)
	}
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), maxBody+1))
	switch {
	case err != nil:
		return muster.Refuse(muster.ReasonRequestInvalid, "the body cannot be read")
	case len(body) > maxBody:
		return muster.Refuse(muster.ReasonPayloadTooLarge, "")
	}
	actor, _ := muster.ActorOf(ctx.Context())
	who := actor.Token.String() + actor.User.String()
	address := ctx.URL()
	answered := recorded{Header: map[string]string{}}
	text, again, err := a.Fleet.Once(ctx.Context(), who, key, ctx.Method()+" "+address.RequestURI()+"\n"+string(body), func() []byte {
		next(&recording{request: ctx, in: bytes.NewReader(body), to: &answered})
		if answered.Status >= http.StatusMultipleChoices {
			return nil // nothing was done
		}
		text, _ := json.Marshal(answered) // a number, texts and bytes always encode
		return text
	})
	if err != nil {
		return err
	}
	if again {
		if err := json.Unmarshal(text, &answered); err != nil {
			return err
		}
		ctx.SetHeader(onceAgain, "true")
	}
	for name, value := range answered.Header {
		ctx.SetHeader(name, value)
	}
	ctx.SetStatus(answered.Status)
	_, _ = ctx.BodyWriter().Write(answered.Body) // the client is gone; there is nobody to tell
	return nil
}

// A recorded answer can be given again.
type recorded struct {
	Status int
	Header map[string]string
	Body   []byte
}

// A recording is a request whose body has been read and whose answer is kept back.
type recording struct {
	request
	in io.Reader
	to *recorded
}

func (r *recording) BodyReader() io.Reader           { return r.in }
func (r *recording) SetStatus(status int)            { r.to.Status = plainStatus(status) }
func (r *recording) Status() int                     { return r.to.Status }
func (r *recording) SetHeader(name, value string)    { r.to.Header[name] = value }
func (r *recording) AppendHeader(name, value string) { r.to.Header[name] = value }
func (r *recording) BodyWriter() io.Writer           { return r.to }

func (r *recorded) Write(b []byte) (int, error) {
	r.Body = append(r.Body, b...)
	return len(b), nil
}
