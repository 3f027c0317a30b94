package handlers

// lowliness is by how much what takes long gives way to what somebody waits for a moment: of a processor that both want, it
// gets a tenth. Not the lowest there is: a thread that never runs holds up the collector of garbage, and that everybody.
const lowliness = 10

// lowly is where threads that give way wait for something to do. They are the process's, as its processors are, and as many as
// the gates have ever let in at once. They stay: none may raise its priority again, and what was started from a thread can be
// made to end with it (prctl(2), PR_SET_PDEATHSIG).
var lowly = make(chan func(lowered error))

// givingWay does something on a thread that gives way to all others. A panic in it is the caller's.
// Where threads can't give way, lowered says why, and it is done all the same.
func givingWay(do func() error) (lowered, err error) {
	var thrown any
	done := make(chan struct{})
	job := func(why error) {
		defer close(done)
		defer func() { thrown = recover() }()
		lowered = why
		err = do()
	}
	select {
	case lowly <- job:
	default:
		go lowlyThread(job)
	}
	<-done
	if thrown != nil {
		panic(thrown)
	}
	return lowered, err
}

// lowlyThread lowers the thread that it runs on, does the first thing on it, and what comes after.
func lowlyThread(job func(lowered error)) {
	lowered := giveWay()
	for ; ; job = <-lowly {
		job(lowered)
	}
}
