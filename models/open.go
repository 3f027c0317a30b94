package models

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the "sqlite" driver
)

//go:embed migrations
var migrations embed.FS

// Options say where the records are and what time it is.
type Options struct {
	URL     string           // sqlite://data/formwandel.db, sqlite:///absolute, postgres://…
	Host    string           // host of the base URL: the right half of every Message-ID
	Team    string           // the team's mailbox
	Now     func() time.Time // the clock of this machine; PostgreSQL has its own
	Offset  time.Duration    // rehearsal: added to whatever clock decides
	MaxOpen int              // connections to PostgreSQL; 0 = 10
}

// Open opens the records. It changes nothing in them: see Migrate.
func Open(o Options) (*Store, error) {
	s := newStore(o)
	var err error
	switch {
	case strings.HasPrefix(o.URL, "sqlite://"):
		err = s.openSQLite(strings.TrimPrefix(o.URL, "sqlite://"))
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		err = s.openPostgres(o)
	default:
		err = errors.New("it must begin with sqlite:// or postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return s, nil
}

// sqliteParams make a commit survive a power cut (synchronous FULL), writers
// queue instead of failing (immediate, busy_timeout), and keys hold.
const sqliteParams = "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" +
	"&_pragma=wal_autocheckpoint(" + logPages + ")&_pragma=temp_store(2)&_timezone=UTC&_time_format=sqlite&_texttotime=1"

// sqliteTime is how the driver writes an instant with these parameters.
const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

// logPages is after how many pages a commit carries the log into the database.
const logPages = "8000"

// openSQLite opens one writer and a few readers on one file.
func (s *Store) openSQLite(path string) error {
	if path == "" {
		return errors.New("sqlite:// needs a file, for example sqlite://data/formwandel.db")
	}
	path = filepath.Clean(path) // sqlite:////var/… is how others write what begins at the root
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	s.path = path
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // what SQLite lays beside it has the same mode
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// A page that is kept takes the memory of two: the driver's allocator gives out powers of two.
	file := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqliteParams
	if s.db, s.pool, err = openGorm(&sqlite.Dialector{DriverName: "sqlite", DSN: file + "&_pragma=cache_size(-12000)&_txlock=immediate"}, 1); err != nil {
		return err
	}
	if s.reader, s.readers, err = openGorm(&sqlite.Dialector{DriverName: "sqlite", DSN: file + "&_pragma=cache_size(-4000)&mode=ro"}, 6); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}

// openPostgres opens a pool; several hosts and target_session_attrs are pgx's own.
func (s *Store) openPostgres(o Options) error {
	s.postgres = true
	n := o.MaxOpen
	if n == 0 {
		n = 10
	}
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return err
	}
	s.db, s.pool, err = openGorm(postgres.New(postgres.Config{Conn: sql.OpenDB(guard{stdlib.GetConnector(*config)})}), n)
	s.reader, s.readers = s.db, s.pool
	return err
}

// keepValuesUnlogged keeps what people typed out of statements in the log. ParameterizedQueries
// alone does not: GORM writes the values of what is scanned into the statement by another way.
var keepValuesUnlogged = sync.OnceFunc(func() {
	logger.RecorderParamsFilter = func(_ context.Context, statement string, _ ...any) (string, []any) { return statement, nil }
})

// heeded is a log that says nothing of statements whose asker has gone: that is no trouble of the database's.
type heeded struct{ logger.Interface }

// LogMode implements logger.Interface.
func (h heeded) LogMode(level logger.LogLevel) logger.Interface {
	return heeded{h.Interface.LogMode(level)}
}

// Trace implements logger.Interface.
func (h heeded) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	if !errors.Is(err, context.Canceled) {
		h.Interface.Trace(ctx, begin, statement, err)
	}
}

// ParamsFilter keeps values out of statements.
func (heeded) ParamsFilter(_ context.Context, statement string, _ ...any) (string, []any) {
	return statement, nil
}

// openGorm opens a pool of n connections behind GORM.
func openGorm(d gorm.Dialector, n int) (*gorm.DB, *sql.DB, error) {
	keepValuesUnlogged()
	db, err := gorm.Open(d, &gorm.Config{
		Logger: heeded{logger.NewSlogLogger(slog.Default(), logger.Config{
			LogLevel: logger.Error, SlowThreshold: 2 * time.Second,
			IgnoreRecordNotFoundError: true, ParameterizedQueries: true,
		})},
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return db, pool, pool.Ping()
}

// Close closes the records.
func (s *Store) Close() error {
	var err error
	if s.readers != s.pool {
		err = s.readers.Close()
	}
	return errors.Join(s.pool.Close(), err)
}

// Migrate brings the schema up to this program's version, one starter at a time.
func (s *Store) Migrate(ctx context.Context) error {
	ctx = asInstallation(ctx)
	unlock, err := s.lockMigration()
	if err != nil {
		return err
	}
	defer unlock()
	p, err := s.migrator()
	if err != nil {
		return err
	}
	if err := s.refuseNewer(ctx, p); err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil {
		return err
	}
	return s.remakeIndex(ctx)
}

// lockMigration lets one process migrate a SQLite file at a time; PostgreSQL
// has a lock of its own (see migrator).
func (s *Store) lockMigration() (unlock func(), err error) {
	if s.postgres {
		return func() {}, nil
	}
	f, err := os.OpenFile(s.path+".migrating", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}

// Migrated tells whether the schema is exactly this program's; a newer one is an error.
func (s *Store) Migrated(ctx context.Context) error {
	ctx = asInstallation(ctx)
	p, err := s.migrator()
	if err != nil {
		return err
	}
	if err := s.refuseNewer(ctx, p); err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err == nil && !pending {
		pending, err = s.indexEmptied(ctx)
	}
	if err == nil && pending {
		err = errors.New("the database has not been migrated: run `formwandel migrate`")
	}
	return err
}

func (s *Store) migrator() (*goose.Provider, error) {
	dir, dialect := "migrations/sqlite", goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if s.postgres {
		dir, dialect = "migrations/postgres", goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, s.pool, files, opts...)
}

// refuseNewer keeps an old program from a newer schema.
func (s *Store) refuseNewer(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("the database has schema %d, this program knows only %d: use the newer program", have, newest)
	}
	return nil
}
