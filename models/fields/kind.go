package fields

// kind is everything the package can do with one type of field.
type kind struct {
	read   func(f Field, s string) (Value, error)              // what people type
	take   func(f Field, v Value) (Value, error)               // JSON that is no string; nil refuses it
	keep   func(f Field, v Value) error                        // the constraints on a canonical value
	show   func(f Field, v Value, locale string) string        // for people to read
	write  func(f Field, v Value) string                       // for people to edit; nil: as shown in German
	sound  func(f Field) error                                 // what the definition itself must satisfy
	hint   func(f Field, old, new Value) (code string, a args) // a soft warning about a change
	length int                                                 // the longest text if the definition sets none
	lines  bool                                                // may hold line breaks
	raw    bool                                                // characters stay as typed
	nested bool                                                // may be the type of an item or a column
	allows []string                                            // the constraints that make sense here
}

// args are named arguments of a problem.
type args = []any

var (
	textual  = []string{"min_length", "max_length", "pattern", "pattern_hint"}
	ordered  = []string{"min", "max", "not_above", "not_below"}
	repeated = []string{"min_items", "max_items"}
)

// kinds is the table of all types; filled in init because lists and tables look
// up the types of their parts in it.
var kinds map[Type]kind

func init() {
	kinds = map[Type]kind{
		Text:      {read: readText, keep: keepText, show: showText, length: 1000, nested: true, allows: with(textual, "placeholders")},
		Markdown:  {read: readMarkdown, keep: keepText, show: showText, write: writeText, length: 10_000, lines: true, allows: with(textual, "placeholders")},
		URL:       {read: readURL, keep: keepURL, show: showText, hint: hintHost, length: 2000, nested: true, allows: with(textual, "hosts", "suffixes")},
		Email:     {read: readEmail, keep: keepText, show: showText, hint: hintDomain, length: 254, nested: true, allows: textual},
		Phone:     {read: readPhone, keep: keepText, show: showPhone, length: 20, nested: true, allows: textual},
		IBAN:      {read: readIBAN, keep: keepText, show: showIBAN, length: 34, nested: true, allows: textual},
		Money:     {read: readMoney, take: takeMoney, keep: keepRange, show: showMoney, write: writeMoney, hint: hintNumber, nested: true, allows: ordered},
		Integer:   {read: readInteger, take: takeInteger, keep: keepRange, show: showNumber, hint: hintNumber, nested: true, allows: ordered},
		Decimal:   {read: readDecimal, take: takeDecimal, keep: keepRange, show: showNumber, hint: hintNumber, nested: true, allows: ordered},
		Date:      {read: readDate, keep: keepDates, show: showDate, nested: true, allows: with(ordered, "not_past")},
		Bool:      {read: readBool, take: takeBool, keep: keepAny, show: showBool, nested: true},
		Enum:      {read: readEnum, keep: keepAny, show: showEnum, write: writeText, sound: soundOptions, nested: true, allows: []string{"options"}},
		EnumSet:   {read: readSet, take: takeSet, keep: keepItems, show: showSet, write: writeSet, sound: soundOptions, allows: with(repeated, "options")},
		List:      {read: readList, take: takeList, keep: keepItems, show: showList, write: writeList, sound: soundList, lines: true, allows: with(repeated, "item", "unique")},
		Table:     {read: readTable, take: takeTable, keep: keepItems, show: showTable, write: writeTable, sound: soundTable, lines: true, allows: with(repeated, "columns", "unique")},
		Protected: {read: readSecret, keep: keepText, show: showSecret, write: writeSecret, length: 500, raw: true, allows: textual},
	}
}

func with(names []string, more ...string) []string {
	return append(append([]string{}, names...), more...)
}

func keepAny(Field, Value) error { return nil }
