//go:build !linux

package main

import "syscall"

// account is a user.
type account struct{ uid, gid int }

func caller(func(string) string) *account { return nil }

func (*account) attributes() *syscall.SysProcAttr { return nil }

func (*account) environment() []string { return nil }

func drop(*options, func(string) string) error { return nil }
