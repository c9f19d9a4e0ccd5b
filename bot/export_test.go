package bot

// SetMaxChats lowers the bound on the number of chats.
func SetMaxChats(c Chats, n int) {
	switch c := c.(type) {
	case *MemChats:
		c.max = n
	case *FileChats:
		c.max = n
	}
}
