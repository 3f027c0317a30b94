package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ageHeader begins a file that age has encrypted.
const ageHeader = "age-encryption.org/v1\n"

// recipients reads the public keys for which a backup is encrypted.
func recipients(keys []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, k := range keys {
		r, err := age.ParseRecipients(bytes.NewReader([]byte(k)))
		if err != nil {
			return nil, &usageError{fmt.Errorf("--recipient %s: want a public key that begins with age1", k)}
		}
		out = append(out, r...)
	}
	return out, nil
}

// encrypted writes what write writes, for recipients only; without any, as it is.
func encrypted(to []age.Recipient, write func(io.Writer) error) func(io.Writer) error {
	if len(to) == 0 {
		return write
	}
	return func(w io.Writer) error {
		sealed, err := age.Encrypt(w, to...)
		if err != nil {
			return err
		}
		return errors.Join(write(sealed), sealed.Close())
	}
}

// decrypted reads a backup, encrypted or not; identity is the file with the private key.
func decrypted(in io.Reader, identity string) (io.Reader, error) {
	r := bufio.NewReader(in)
	start, _ := r.Peek(len(ageHeader)) // a shorter file is no backup at all, and found as such
	if string(start) != ageHeader {
		return r, nil
	}
	if identity == "" {
		return nil, &usageError{errors.New("the backup is encrypted: give the file with the private key by --identity")}
	}
	f, err := openInput(identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: want a file with a private key as age-keygen writes it", identity)}
	}
	plain, err := age.Decrypt(r, ids...)
	if err != nil {
		return nil, fmt.Errorf("%s does not open this backup: %w", identity, err)
	}
	return plain, nil
}
