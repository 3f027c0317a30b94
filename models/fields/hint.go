package fields

import "math/big"

// Hint is a soft warning about a change that is allowed and yet looks like a
// slip: a lost comma, another domain. nil if there is nothing to say.
func (f Field) Hint(old, new Value) *Problem {
	k := kinds[f.Type]
	if k.hint == nil || old == "" || new == "" || old == new {
		return nil
	}
	code, arguments := k.hint(f, old, new)
	if code == "" {
		return nil
	}
	return &Problem{Path: f.Key, Code: code, Args: named(arguments)}
}

// A number that grew to five times or shrank to a fifth deserves a question.
var (
	leap   = big.NewRat(5, 1)
	plunge = big.NewRat(1, 5)
	shifts = []*big.Rat{big.NewRat(1, 10), big.NewRat(1, 100), big.NewRat(10, 1), big.NewRat(100, 1)}
)

// hintNumber asks about a leap, and offers the value that a slip with the comma
// would explain.
func hintNumber(f Field, old, next Value) (string, args) {
	before, after := rational(old), rational(next)
	if before.Sign() <= 0 || after.Sign() < 0 {
		return "", nil
	}
	said := args{"old", Shown{f, old}, "new", Shown{f, next}}
	if after.Sign() == 0 {
		return "hint_zero", said
	}
	ratio := new(big.Rat).Quo(after, before)
	if ratio.Cmp(leap) < 0 && ratio.Cmp(plunge) > 0 {
		return "", nil
	}
	for _, shift := range shifts {
		if meant := f.meant(before, after, shift); meant != "" && meant != old {
			return "hint_tenfold", append(said, "suggestion", Shown{f, meant})
		}
	}
	return "hint_jump", said
}

// meant is the new value with its comma shifted, if that is a value of the
// field and within half and double of the old one.
func (f Field) meant(before, after, shift *big.Rat) Value {
	guess := new(big.Rat).Mul(after, shift)
	ratio := new(big.Rat).Quo(guess, before)
	if ratio.Cmp(big.NewRat(1, 2)) < 0 || ratio.Cmp(big.NewRat(2, 1)) > 0 {
		return ""
	}
	places, exact := guess.FloatPrec()
	if !exact {
		return ""
	}
	v, err := f.take(Value(guess.FloatString(places)))
	if err != nil {
		return ""
	}
	return v
}
