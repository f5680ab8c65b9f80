package coapd

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine outlives the tests but one that the clients of the tests share.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/plgd-dev/go-coap/v3/udp/client.init.init.func1.NewCommon[...].func6.1"))
}
