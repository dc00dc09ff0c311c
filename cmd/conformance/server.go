package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

var readyLine = regexp.MustCompile(`FHIR R4 at (http://\S+/fhir),`)

// serving runs f while a fresh server runs, and sees that it ends well.
func serving(ctx context.Context, binary, dir string, flags []string, f func(base string) error) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "log.json"))
	if err != nil {
		return err
	}
	defer log.Close()
	c := exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data")}, flags...)...)
	c.Dir, c.Stderr = dir, log
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	m := readyLine.FindStringSubmatch(line)
	if m == nil {
		text, _ := os.ReadFile(log.Name())
		return errors.Join(errors.New("the server did not start"), err, c.Wait(), errors.New(string(text)))
	}
	err = f(m[1])
	if rss := peak(c.Process.Pid); rss != "" {
		fmt.Println("   largest memory of the server:", rss)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(40*time.Second, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	return errors.Join(err, ended(c.Wait()), ctx.Err())
}

func ended(err error) error {
	if err != nil {
		return fmt.Errorf("the server did not end well: %w", err)
	}
	return nil
}

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+ kB)`)

// peak is the most memory that a process ever had, where /proc tells.
func peak(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return ""
	}
	if m := highWater.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}
