package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"formwandel/models"
)

// others are the bits of a mode that let everybody on the machine at a file.
const others = 0o007

// checkExposure refuses to work beside a private key that everybody on the machine
// may read: it has to count as known. Of an open data folder it warns.
func checkExposure(data string, log *slog.Logger) error {
	info, err := os.Stat(data)
	if err != nil {
		return fmt.Errorf("%sDATA: %w", prefix, err)
	}
	keys, _ := filepath.Glob(filepath.Join(data, "*.key")) // a fixed pattern has no error
	for _, name := range keys {
		key, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("%sDATA: %w", prefix, err)
		}
		if key.Mode().Perm()&others != 0 {
			return fmt.Errorf("%sDATA: %s can be read by everybody on this machine (%v): chmod 600 it, and replace it if somebody may have", prefix, name, key.Mode().Perm())
		}
	}
	if info.Mode().Perm()&others != 0 {
		log.Warn("the data folder is open to everybody on this machine: chmod 700 it", "folder", data, "mode", info.Mode().Perm().String())
	}
	return nil
}

// checkPasskeys warns where a role needs a passkey and browsers use none at our address: its people
// would stand before a closed door. The requirement holds all the same.
func (a *App) checkPasskeys(ctx context.Context) error {
	party, err := models.NewRelyingParty(a.Config.BaseURL)
	if err != nil {
		return fmt.Errorf("%sBASE_URL: %w", prefix, err)
	}
	missed, err := a.Store.PasskeysMissed(ctx, party)
	if missed {
		a.Log.Warn("roles need a passkey, and browsers use none at this address: their people get in with a recovery code at most; set "+prefix+"BASE_URL to https and a name (docs/operations.md)", "base_url", a.Config.BaseURL)
	}
	return err
}
