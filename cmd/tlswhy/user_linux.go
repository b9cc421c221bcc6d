package main

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// caller is the user who called sudo; nil when the program runs for nobody
// else.
func caller(getenv func(string) string) *account {
	uid, err := strconv.Atoi(getenv("SUDO_UID"))
	gid, err2 := strconv.Atoi(getenv("SUDO_GID"))
	if os.Geteuid() != 0 || err != nil || err2 != nil || uid <= 0 || gid < 0 {
		return nil
	}
	a := &account{uid: uid, gid: gid, groups: []int{gid}}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		a.name, a.home = u.Username, u.HomeDir
		if ids, err := u.GroupIds(); err == nil {
			a.groups = nil
			for _, id := range ids {
				if n, err := strconv.Atoi(id); err == nil {
					a.groups = append(a.groups, n)
				}
			}
		}
	}
	return a
}

// account is a user.
type account struct {
	uid, gid   int
	groups     []int
	name, home string
}

// attributes start a process as that user.
func (a *account) attributes() *syscall.SysProcAttr {
	c := &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	for _, g := range a.groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	return &syscall.SysProcAttr{Credential: c}
}

func (a *account) environment() []string {
	if a.name == "" {
		return nil
	}
	return []string{"USER=" + a.name, "LOGNAME=" + a.name, "HOME=" + a.home}
}

// mayWrite says whether the user may make files in a folder, by its mode.
func (a *account) mayWrite(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	const writeAndEnter = 3
	mode := info.Mode().Perm()
	switch {
	case !ok:
		return false
	case int(s.Uid) == a.uid:
		mode >>= 6
	case slices.Contains(a.groups, int(s.Gid)):
		mode >>= 3
	}
	return mode&writeAndEnter == writeAndEnter
}

// drop gives up every right that is not needed once the sockets are open.
// Under sudo the program becomes the user who called, unless the files that it
// is to write are out of that user's reach.
func drop(o *options, getenv func(string) string) error {
	a := caller(getenv)
	for _, dir := range o.folders() {
		if a != nil && !a.mayWrite(dir) {
			a = nil
		}
	}
	if a != nil {
		if err := errors.Join(syscall.Setgroups(a.groups), syscall.Setresgid(a.gid, a.gid, a.gid), syscall.Setresuid(a.uid, a.uid, a.uid)); err != nil {
			return err
		}
	} else if err := forget(len(o.command) > 0); err != nil {
		return err
	}
	_, _, e := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	return unlessCgo(e)
}

// forget clears the capabilities. To see whose sockets are whose, those for
// looking into other processes are kept beside a command.
func forget(beside bool) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	keep := uint32(0)
	if beside {
		keep = data[0].Permitted & (1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_DAC_READ_SEARCH)
	}
	data = [2]unix.CapUserData{{Effective: keep, Permitted: keep}}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	return unlessCgo(e)
}

// unlessCgo lets pass that a program with C code cannot do it on all its
// threads.
func unlessCgo(e syscall.Errno) error {
	if e == 0 || e == syscall.ENOTSUP {
		return nil
	}
	return e
}

// folders are those that files will be written to.
func (o *options) folders() []string {
	var list []string
	for _, out := range o.outputs {
		list = append(list, filepath.Dir(out.file))
	}
	if o.write != "" {
		list = append(list, filepath.Dir(o.write))
	}
	return list
}
