package analyze

// guessClient guesses the TLS library of the client from its hello and
// habits; nil when nothing fits.
func (c *Case) guessClient() *Guess { return nil }

// guessServer does the same for the server.
func (c *Case) guessServer() *Guess { return nil }
