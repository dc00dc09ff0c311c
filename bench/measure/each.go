package measure

import (
	"errors"
	"sync"
)

// Each does work 0 to n-1 with some workers; it says what went wrong first,
// worker by worker.
func Each(n, workers int, do func(worker, i int) error) error {
	next := make(chan int)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range next {
				if errs[w] == nil {
					errs[w] = do(w, i)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return errors.Join(errs...)
}
