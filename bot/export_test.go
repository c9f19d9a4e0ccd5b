package bot

// SetMax lowers the bound on the number of chats.
func (m *MemChats) SetMax(n int) { m.max = n }
