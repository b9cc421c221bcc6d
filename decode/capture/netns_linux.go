package capture

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// within runs f in a network namespace. The thread that entered it ends with
// the goroutine, so that nothing else ever runs there.
func within(namespace string, f func() error) error {
	if namespace == "" {
		return f()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := enter(namespace)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

func enter(namespace string) error {
	path, err := namespacePath(namespace)
	if err != nil {
		return err
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("--netns %s: %s cannot be opened: %w", namespace, path, err)
	}
	defer unix.Close(fd)
	err = unix.Setns(fd, unix.CLONE_NEWNET)
	if errors.Is(err, unix.EPERM) {
		return &RightError{"namespace " + namespace, err}
	}
	if err != nil {
		return fmt.Errorf("--netns %s: %w", namespace, err)
	}
	return nil
}

// namespacePath finds the file of a namespace: a path, a name that ip-netns(8)
// gave, or the namespace of a process.
func namespacePath(namespace string) (string, error) {
	if strings.Contains(namespace, "/") {
		return namespace, nil
	}
	for _, dir := range []string{"/run/netns", "/var/run/netns", "/run/docker/netns"} {
		if path := filepath.Join(dir, namespace); exists(path) {
			return path, nil
		}
	}
	if path := "/proc/" + namespace + "/ns/net"; strings.Trim(namespace, "0123456789") == "" && exists(path) {
		return path, nil
	}
	return "", fmt.Errorf("--netns %s: no such network namespace (a name of \"ip netns\", a process number or a path)", namespace)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Natures lists the interfaces of a network namespace; "" is the own one.
func Natures(namespace string) (list []Nature, err error) {
	err = within(namespace, func() error {
		list, err = natures()
		return err
	})
	return list, err
}

func natures() ([]Nature, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	list := make([]Nature, 0, len(all))
	for _, i := range all {
		n := Nature{Name: i.Name, Index: i.Index, Up: i.Flags&net.FlagUp != 0, Loop: i.Flags&net.FlagLoopback != 0}
		if addrs, err := i.Addrs(); err == nil {
			for _, a := range addrs {
				n.Addrs = append(n.Addrs, a.String())
			}
		}
		list = append(list, n)
	}
	return list, nil
}
