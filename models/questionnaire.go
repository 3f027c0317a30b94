package models

import (
	"context"
	"time"

	"formwandel/models/definition"
)

// Questionnaire is one version of an assistant's definition; it never changes.
type Questionnaire struct {
	Assistant string
	Version   int
	Hash      string
	CreatedAt time.Time
}

// Questionnaires lists the versions of an assistant's definition, newest first; at most a page.
func (s *Store) Questionnaires(ctx context.Context, key string) ([]Questionnaire, error) {
	var qs []Questionnaire
	err := s.reader.WithContext(ctx).Raw(`SELECT assistant, version, hash, created_at FROM definitions WHERE assistant = ? ORDER BY version DESC LIMIT ?`, clip(key), maxPage).Scan(&qs).Error
	return qs, trouble(err)
}

// Questionnaire is a version of an assistant's questionnaire.
func (s *Store) Questionnaire(ctx context.Context, assistant string, version int) (*definition.Definition, error) {
	cat, err := s.catalogueNow(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.learn(ctx, assistant, version); err != nil {
		return nil, err
	}
	d := cat.definition(assistant, version)
	if d == nil {
		return nil, notFound("definition")
	}
	return d, nil
}

// AssistantForecast is what an import of a questionnaire would do.
type AssistantForecast struct {
	Known     *definition.Definition // the newest version so far, nil for a new assistant
	Same      bool                   // it says what is known already
	Forms     int                    // forms that would take it over
	Untouched int                    // of those, how many keep every value
	Lost      []LostValue
}

// ForecastAssistant tells what ImportAssistant would do, and does nothing.
func (s *Store) ForecastAssistant(ctx context.Context, u User, d *definition.Definition) (*AssistantForecast, error) {
	ctx = as(ctx, u)
	if err := u.refused(ForecastImports, ""); err != nil {
		return nil, err
	}
	var out *AssistantForecast
	err := s.read(ctx, func(t *tx) error {
		known, err := t.newest(d.Key)
		if err != nil {
			return err
		}
		out = &AssistantForecast{}
		if known.Version == 0 {
			return nil
		}
		if err := s.learn(ctx, d.Key, known.Version); err != nil {
			return err
		}
		cat, err := s.catalogueNow(ctx)
		if err != nil {
			return err
		}
		out.Known = cat.definition(d.Key, known.Version)
		if out.Same = known.Hash == d.Hash(); out.Same {
			return nil
		}
		if known.Version >= d.Version {
			return conflict("definition_version", "key", d.Key, "version", d.Version, "known", known.Version)
		}
		if err := t.refuseLowered(d); err != nil {
			return err
		}
		return t.forecastForms(cat, d, out)
	})
	return out, trouble(err)
}

// forecastForms carries the live values of every form over, in memory; one query for all.
func (t *tx) forecastForms(cat *catalogue, d *definition.Definition, out *AssistantForecast) error {
	var rows []struct {
		AGS, Content string
		Definition   int
	}
	err := t.db.Raw(`SELECT f.ags, c.content, c.definition FROM forms f JOIN configurations c ON c.form_id = f.id AND c.number = f.live
		WHERE f.assistant = ? ORDER BY f.ags`, d.Key).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, r := range rows {
		values, err := valuesOf(r.Content)
		if err != nil {
			return err
		}
		out.Forms++
		_, lost := d.Carry(cat.definition(d.Key, r.Definition), values, today(t.now))
		if len(lost) == 0 {
			out.Untouched++
		}
		for _, x := range lost {
			out.Lost = append(out.Lost, LostValue{r.AGS + "/" + d.Key, x})
		}
	}
	return nil
}

// TakeAssistant is ImportAssistant by a person; each form that takes it over has an event in its own municipality's chain.
func (s *Store) TakeAssistant(ctx context.Context, u User, d *definition.Definition, o *Once) (Imported, error) {
	ctx = as(ctx, u)
	if err := u.refused(ImportAssistants, ""); err != nil {
		return Imported{}, err
	}
	return s.importAssistant(ctx, u, d, o)
}
