package people

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"muster"
)

const (
	cookiePrefix  = "msl_"
	cookieLength  = 43 // characters behind the prefix: 256 bits
	sortOfLogin   = "login"
	maxAgent      = 200
	hauntTime     = 90 * 24 * time.Hour // so long counts where somebody has signed in
	longestSecret = 4 * maxPasswordBytes
)

// An Attempt is one try to sign in.
type Attempt struct {
	Name     string
	Password muster.Secret
	Remote   netip.Addr
	Agent    string        // what the browser calls itself
	Cookie   muster.Secret // what the browser was signed in by before, which ends; empty: nothing
	Mark     muster.Secret // what the browser was given to keep when it was signed in before; empty: nothing
}

// MarkTime is how long a browser keeps its mark.
const MarkTime = hauntTime

// A SignedIn is a user who has signed in, with the cookie that says so, which is shown this once, and a mark for the browser
// to keep for MarkTime.
type SignedIn struct {
	User   muster.User
	Login  muster.Login
	Cookie muster.Secret
	Mark   muster.Secret
}

// SignIn lets a user in who knows the password. Refused with ReasonSignInWrong, ReasonSignInDelayed, ReasonUserDisabled or
// ReasonServerBusy. It may take its time on purpose.
func (s *Service) SignIn(ctx context.Context, a Attempt) (SignedIn, error) {
	u, err := s.prove(ctx, a)
	if err != nil {
		return SignedIn{}, err
	}
	return s.open(ctx, u, a)
}

// prove returns the user who knows the password.
func (s *Service) prove(ctx context.Context, a Attempt) (muster.User, error) {
	if muster.CheckUserName(a.Name) != nil || len(a.Password) > longestSecret {
		return muster.User{}, muster.Refuse(muster.ReasonSignInWrong, "") // nobody can have it
	}
	u, err := s.store.User(ctx, a.Name)
	if err != nil && muster.KindOf(err) != muster.NotFound {
		return muster.User{}, err
	}
	lane, known, err := s.lane(ctx, a, u.ID)
	if err != nil {
		return muster.User{}, err
	}
	first, err := s.delays.begin(ctx, lane, a.Name, known)
	if first {
		s.suspect(ctx, &u, networkOf(a.Remote))
	}
	if err != nil {
		return muster.User{}, err
	}
	turn := s.hasher.stranger
	if known {
		turn = s.hasher.known
	}
	right, err := s.right(ctx, &u, turn, a.Password)
	switch {
	case err != nil:
		return muster.User{}, err
	case !right:
		return muster.User{}, muster.Refuse(muster.ReasonSignInWrong, "")
	}
	s.delays.right(lane, a.Name)
	if u.Disabled {
		return muster.User{}, muster.Refuse(muster.ReasonUserDisabled, "")
	}
	return u, nil
}

// lane returns what a try of the user is counted by, and whether they have signed in like this before. Nobody has the zero ID.
func (s *Service) lane(ctx context.Context, a Attempt, user muster.UserID) (lane string, known bool, err error) {
	network := networkOf(a.Remote)
	if user.IsZero() {
		return network, false, nil
	}
	if lane, ok := s.marked(a.Mark, user); ok {
		return lane, true, nil
	}
	known, err = s.store.Haunts(ctx, user, network, s.now().Add(-hauntTime))
	return network, known, err
}

// suspect tells the operator that somebody guesses. A name that nobody has is left out: it may be a password that was typed
// into the wrong field.
func (s *Service) suspect(ctx context.Context, u *muster.User, network string) {
	s.log.LogAttrs(ctx, slog.LevelWarn, "sign-ins fail again and again", slog.String("user", u.Name), slog.String("remote", network))
}

// open signs a user in who has proved who they are.
func (s *Service) open(ctx context.Context, u muster.User, a Attempt) (SignedIn, error) {
	cookie := muster.Secret(cookiePrefix + muster.RandomText(cookieLength))
	now := s.now()
	l := muster.Login{
		ID: muster.NewID[muster.Login](), Digest: s.loginDigest(cookie), User: u.ID, CreatedAt: now, SeenAt: now,
		ExpiresAt: now.Add(muster.LoginTime), Remote: a.Remote.Unmap().String(), Agent: agent(a.Agent),
	}
	ctx = muster.WithActor(ctx, muster.Actor{Name: u.Name, Role: u.Role, Remote: a.Remote.Unmap(), User: u.ID, Login: l.ID})
	if err := s.store.CreateLogin(ctx, l, networkOf(a.Remote), s.replaced(ctx, a.Cookie)); err != nil {
		return SignedIn{}, instead(err, muster.ReasonSignInWrong) // deleted since
	}
	u.LastLoginAt = now
	return SignedIn{User: concealed(u), Login: l, Cookie: cookie, Mark: s.newMark(u.ID)}, nil
}

// replaced returns the login that a cookie stands for, zero if there is none.
func (s *Service) replaced(ctx context.Context, cookie muster.Secret) muster.LoginID {
	if !strings.HasPrefix(cookie.Reveal(), cookiePrefix) {
		return muster.LoginID{}
	}
	l, _, err := s.store.Login(ctx, s.loginDigest(cookie))
	if err != nil {
		return muster.LoginID{} // it ends by itself
	}
	return l.ID
}

func (s *Service) loginDigest(cookie muster.Secret) muster.LookupKey {
	return s.keys.Digest(sortOfLogin, cookie.Reveal())
}

// agent is what a browser calls itself, as far as it may be kept and shown.
func agent(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), maxAgent)]
}

// CheckLogin returns who asks with the cookie of a login from that address. Refused with ReasonLoginOver or
// ReasonUserDisabled.
func (s *Service) CheckLogin(ctx context.Context, cookie muster.Secret, from netip.Addr) (muster.Actor, error) {
	if len(cookie) > maxToken || !strings.HasPrefix(cookie.Reveal(), cookiePrefix) {
		return muster.Actor{}, muster.Refuse(muster.ReasonLoginOver, "")
	}
	l, u, err := s.store.Login(ctx, s.loginDigest(cookie))
	if err != nil {
		return muster.Actor{}, instead(err, muster.ReasonLoginOver)
	}
	if err := l.Live(s.now()); err != nil {
		return muster.Actor{}, err
	}
	if u.Disabled {
		return muster.Actor{}, muster.Refuse(muster.ReasonUserDisabled, "")
	}
	s.noteUse(ctx, l.SeenAt, func(ctx context.Context, at time.Time) error { return s.store.SeenLogin(ctx, l.ID, at) })
	return muster.Actor{Name: u.Name, Role: u.Role, Remote: from, User: u.ID, Login: l.ID}, nil
}

// Logins returns the live logins of the user who asks, or of everybody if all is true, the newest first.
func (s *Service) Logins(ctx context.Context, all bool) ([]muster.Login, error) {
	actor, _ := muster.ActorOf(ctx)
	if actor.User.IsZero() && !all {
		return nil, nil
	}
	of := actor.User
	if all {
		of = muster.UserID{}
	}
	found, err := s.store.Logins(ctx, of)
	live := found[:0]
	for _, l := range found {
		if l.Live(s.now()) == nil {
			live = append(live, l)
		}
	}
	return live, err
}

// EndLogin ends a login: one of the user who asks, or anybody's if all is true.
func (s *Service) EndLogin(ctx context.Context, id muster.LoginID, all bool) error {
	actor, _ := muster.ActorOf(ctx)
	if actor.User.IsZero() && !all {
		return missing(muster.NotFound, "login", id.String())
	}
	of := actor.User
	if all {
		of = muster.UserID{}
	}
	return missing(s.store.DeleteLogin(ctx, id, of), "login", id.String())
}
