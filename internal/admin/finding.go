package admin

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// A Finding says how it is with one thing: in words, and apart, so that it can be said in others.
type Finding struct {
	Code    FindingCode      `json:"code,omitempty" doc:"a stable code of what was looked at; left out of what the doctor alone looks at" example:"free-space"`
	About   string           `json:"about" example:"free space"`
	OK      bool             `json:"ok"`
	Says    string           `json:"says" example:"51200 MB are free"`
	Fix     string           `json:"fix,omitempty" doc:"where it is not ok"`
	Name    string           `json:"name,omitempty" doc:"which list, responder or file it is about, or where it comes from"`
	At      time.Time        `json:"at,omitzero" doc:"the time that says has in it"`
	Figures map[string]int64 `json:"figures,omitempty" doc:"the numbers that says has in it"`
	Reason  string           `json:"reason,omitempty" doc:"with which something was refused"`
	Detail  string           `json:"detail,omitempty" doc:"what went wrong; it is part of says"`
}

// A FindingCode says what was looked at, or what could not be.
type FindingCode string

// The codes.
const (
	FindClock           FindingCode = "clock"
	FindFiles           FindingCode = "open-files"
	FindDirectory       FindingCode = "data-directory"
	FindKey             FindingCode = "master-key"      // where it comes from
	FindKeyFile         FindingCode = "master-key-file" // who may read it
	FindKeyWrong        FindingCode = "master-key-wrong"
	FindSpace           FindingCode = "free-space"
	FindSpaceUnknown    FindingCode = "free-space-unknown"
	FindSync            FindingCode = "disk-sync"
	FindSyncFailed      FindingCode = "disk-sync-failed"
	FindDirectoryLocked FindingCode = "data-directory-locked" // nothing can be written into it
	FindRegistry        FindingCode = "registry"
	FindReadings        FindingCode = "readings"
	FindQueue           FindingCode = "queue"
	FindJournal         FindingCode = "journal"
	FindServer          FindingCode = "server-certificate"
	FindServerFile      FindingCode = "server-certificate-file" // the operator's own
	FindIntermediate    FindingCode = "intermediate-certificate"
	FindRoot            FindingCode = "root-certificate"
	FindNextRoot        FindingCode = "next-root-certificate"
	FindOwnList         FindingCode = "own-revocation-list"
	FindOwnListMissing  FindingCode = "own-revocation-list-missing"
	FindList            FindingCode = "revocation-list"
	FindListOverdue     FindingCode = "revocation-list-overdue"
	FindListFailed      FindingCode = "revocation-list-failed"
	FindResponder       FindingCode = "ocsp-responder"
	FindResponderFailed FindingCode = "ocsp-responder-failed"
)

// Schema returns which there are.
func (FindingCode) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{
		FindClock, FindFiles, FindDirectory, FindKey, FindKeyFile, FindKeyWrong, FindSpace, FindSpaceUnknown, FindSync, FindSyncFailed,
		FindDirectoryLocked, FindRegistry, FindReadings, FindQueue, FindJournal, FindServer, FindServerFile, FindIntermediate, FindRoot,
		FindNextRoot, FindOwnList, FindOwnListMissing, FindList, FindListOverdue, FindListFailed, FindResponder, FindResponderFailed,
	}}
}
