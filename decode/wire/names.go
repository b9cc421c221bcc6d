package wire

import "fmt"

func (v Version) Name() string          { return fmt.Sprintf("unknown (0x%04x)", uint16(v)) }
func (c CipherSuite) Name() string      { return fmt.Sprintf("unknown (0x%04x)", uint16(c)) }
func (g Group) Name() string            { return fmt.Sprintf("unknown (0x%04x)", uint16(g)) }
func (s SignatureScheme) Name() string  { return fmt.Sprintf("unknown (0x%04x)", uint16(s)) }
func (e ExtensionType) Name() string    { return fmt.Sprintf("unknown (%d)", uint16(e)) }
func (a AlertDescription) Name() string { return fmt.Sprintf("unknown (%d)", uint8(a)) }
