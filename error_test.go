package muster_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"muster"
)

func TestErrorsAnswerToKindAndReason(t *testing.T) {
	err := fmt.Errorf("admit: %w", muster.Because(muster.ReasonDeviceNameTaken, errors.New("UNIQUE constraint failed")))
	if !errors.Is(err, muster.Conflict) || errors.Is(err, muster.NotFound) {
		t.Error("it is not told by its kind")
	}
	if !errors.Is(err, muster.ReasonDeviceNameTaken) || muster.ReasonOf(err) != muster.ReasonDeviceNameTaken {
		t.Error("it is not told by its reason")
	}
	if muster.KindOf(errors.New("?")) != muster.Internal || muster.ReasonOf(nil) != "" {
		t.Error("what carries no kind is internal, and nil has no reason")
	}
}

func TestWhatADeviceHears(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want muster.Reason
	}{
		"an unknown key and a wrong secret are one":   {muster.Refuse(muster.ReasonProvisionKeyUnknown, "key K"), muster.ReasonProvisionDataNotFound},
		"a wrong secret and an unknown key are one":   {muster.Refuse(muster.ReasonProvisionSecretWrong, "S"), muster.ReasonProvisionDataNotFound},
		"a disabled profile looks like nothing":       {muster.Refuse(muster.ReasonProvisionDisabled, ""), muster.ReasonProvisionDataNotFound},
		"what helps nobody to guess stays what it is": {muster.Refuse(muster.ReasonJWTExpired, ""), muster.ReasonJWTExpired},
		"a foreign error is internal":                 {errors.New("disk on fire"), muster.ReasonInternal},
	} {
		t.Run(name, func(t *testing.T) {
			p := muster.Public(fmt.Errorf("wrapped: %w", c.err))
			if p.Reason != c.want || p.Err != nil {
				t.Errorf("%v with cause %v", p.Reason, p.Err)
			}
			if c.want != muster.ReasonOf(c.err) && p.Message != c.want.Title() {
				t.Errorf("the message %q tells more than the code", p.Message)
			}
		})
	}
}

func TestWhatAQuietProfileTells(t *testing.T) {
	for reason, quiet := range map[muster.Reason]bool{
		muster.ReasonDeviceNameTaken: true, muster.ReasonDeviceSuspended: true,
		muster.ReasonProvisionSecretWrong: false, muster.ReasonPasswordWrong: false, // as of a key or a device that does not exist
	} {
		if p := muster.Public(muster.Hush(muster.Refuse(reason, ""))); p.Quiet != quiet {
			t.Errorf("%s is kept back: %v", reason, p.Quiet)
		}
	}
}

func TestTheCatalogueIsComplete(t *testing.T) {
	for _, r := range muster.Reasons() {
		if r.Title() == "" || r.Advice() == "" {
			t.Errorf("%s has no title or no advice", r)
		}
		if strings.HasSuffix(r.Title(), ".") || !strings.HasSuffix(r.Advice(), ".") {
			t.Errorf("%s: a title is a part of a sentence, advice is a sentence", r)
		}
		if p := r.Public(); p.Public() != p {
			t.Errorf("%s is told as %s, which is told as something else", r, p)
		}
	}
}
