// Package kb holds what is known about uploading filing materials (备案资料上传)
// and finds the answer to a question.
//
// An answer is put together from curated sentences only: the lines of one
// [Entry], or the province rules of content/rules.yaml, with named slots filled
// from reviewed values. Nothing a person typed is ever part of an answer. Where
// the material does not settle a question, the answer says so.
//
// The shipped content is the base. Over it lie the versions that staff made: new
// entries, and versions that take the place of a shipped entry or hide it. Every
// version is kept, [Base.Undo] goes back to the one before, and the content may
// change below them in a release, which [Base.Shadowed] reports.
package kb
