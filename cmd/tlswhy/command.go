package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"tlswhy/analyze"
)

// settle is how long after the end of a command its last packets are waited
// for.
const settle = 500 * time.Millisecond

// command is what runs beside a capture. It keeps terminal, input and output.
type command struct {
	cmd     *exec.Cmd
	signals chan os.Signal
	done    chan struct{} // closed at its end
	status  int           // once done
	ended   time.Time
	owners  *owners // of connections; nil when that cannot be known here
	keys    string  // file that SSLKEYLOGFILE names; "" for none
}

// startCommand starts it as the user who called, with its own rights only.
func startCommand(o *options, std streams) (*command, error) {
	c := &command{cmd: exec.Command(o.command[0], o.command[1:]...), signals: make(chan os.Signal, 4), done: make(chan struct{})}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = std.in, std.out, std.err
	c.cmd.Env = os.Environ()
	u := caller(std.getenv)
	if u != nil {
		c.cmd.SysProcAttr = u.attributes()
		c.cmd.Env = append(c.cmd.Env, u.environment()...)
	}
	if o.keylogAuto {
		if err := c.logKeys(u); err != nil {
			return nil, err
		}
	}
	// The terminal sends its interrupts to the command, too: they are the
	// command's, and end it or not.
	signal.Notify(c.signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	adopt()
	if err := c.cmd.Start(); err != nil {
		c.tidy()
		return nil, fmt.Errorf("%s cannot be run: %w", o.command[0], reason(err))
	}
	c.owners = newOwners(c.done)
	go c.wait()
	return c, nil
}

// reason is why a program could not be started.
func reason(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return cause(err)
}

// logKeys makes the file for the secrets of the command's connections.
func (c *command) logKeys(u *account) error {
	f, err := os.CreateTemp("", "tlswhy-keys-*")
	if err != nil {
		return fmt.Errorf("--keylog auto: %w", err)
	}
	defer f.Close()
	c.keys = f.Name()
	if u != nil {
		_ = f.Chown(u.uid, u.gid)
	}
	c.cmd.Env = append(c.cmd.Env, "SSLKEYLOGFILE="+c.keys)
	return nil
}

// wait hands on what is to end the command, until it has.
func (c *command) wait() {
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	for {
		select {
		case s := <-c.signals:
			if s == syscall.SIGTERM { // others reach it by themselves
				_ = c.cmd.Process.Signal(s)
			}
		case <-ended:
			c.status, c.ended = statusOf(c.cmd.ProcessState), time.Now()
			close(c.done)
			return
		}
	}
}

// statusOf is the status as a shell tells it.
func statusOf(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// over says whether the command has ended, and its last packets are in.
func (c *command) over() bool {
	select {
	case <-c.done:
		return time.Since(c.ended) > settle
	default:
		return false
	}
}

// stop ends a command that still runs, because the capture was to end before.
func (c *command) stop() {
	select {
	case <-c.done:
		return
	default:
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// tidy gives the signals back and takes the secrets away.
func (c *command) tidy() {
	signal.Stop(c.signals)
	if c.keys != "" {
		os.Remove(c.keys)
	}
}

func (c *command) report() *analyze.Command {
	return &analyze.Command{Argv: c.cmd.Args, Status: c.status}
}

// keyFile is a key log that grows while it is read.
type keyFile struct {
	name string
	at   int64
}

// more returns the whole lines that came since.
func (k *keyFile) more() []byte {
	f, err := os.Open(k.name)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, k.at, maxKeys))
	if err != nil {
		return nil
	}
	for len(b) > 0 && b[len(b)-1] != '\n' {
		b = b[:len(b)-1]
	}
	k.at += int64(len(b))
	return b
}

const maxKeys = 16 << 20 // of a key log at once
