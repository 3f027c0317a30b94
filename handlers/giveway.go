package handlers

// lowliness is by how much what takes long gives way to what somebody waits for a moment: of a processor that both want, it
// gets a tenth. Not the lowest there is: a thread that never runs holds up the collector of garbage, and that everybody.
const lowliness = 10

// givingWay does something on a thread of its own that gives way to all others, and ends with it: no thread may raise its
// priority again. A panic in it is the caller's. Where threads can't give way, lowered says why, and it is done all the same.
func givingWay(do func() error) (lowered, err error) {
	var thrown any
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { thrown = recover() }()
		lowered = giveWay()
		err = do()
	}()
	<-done
	if thrown != nil {
		panic(thrown)
	}
	return lowered, err
}
