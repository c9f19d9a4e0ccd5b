package telegram

import (
	"context"
	"errors"
	"fmt"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"beianbot/bot"
)

// A Membership is what the bot is in a group.
type Membership struct {
	Supergroup bool // only those have topics, and a number that stays
	Topics     bool // the group has topics
	Member     bool // the bot is in it
	Reads      bool // it gets all messages, not only those that are for it
	MayTopics  bool // it may make topics
}

// Examine asks who the bot is, and returns its name without "@". It returns
// [ErrToken] when the server does not know the token.
func (b *Bot) Examine(ctx context.Context) (name string, err error) {
	me, err := b.api.GetMe(ctx)
	switch {
	case err == nil:
		b.me.Store(&identity{id: me.ID, name: me.Username})
		b.readsAll = me.CanReadAllGroupMessages
		return me.Username, nil
	case errors.Is(err, tgbot.ErrorUnauthorized) || errors.Is(err, tgbot.ErrorNotFound):
		return "", ErrToken
	}
	return "", fmt.Errorf("ask who the bot is: %w", err)
}

// ErrNoGroup is returned by [Bot.ExamineGroup] for a group that the bot cannot see.
var ErrNoGroup = errors.New("the bot is not in the group, or there is none with that number")

// ExamineGroup asks what the bot is in a group, after [Bot.Examine].
func (b *Bot) ExamineGroup(ctx context.Context, id bot.ChatID) (m Membership, err error) {
	group, err := b.api.GetChat(ctx, &tgbot.GetChatParams{ChatID: int64(id)})
	if errors.Is(err, tgbot.ErrorBadRequest) || errors.Is(err, tgbot.ErrorForbidden) {
		return m, ErrNoGroup
	}
	if err != nil {
		return m, fmt.Errorf("ask for the group: %w", err)
	}
	m.Supergroup, m.Topics = group.Type == models.ChatTypeSupergroup, group.IsForum
	own, err := b.api.GetChatMember(ctx, &tgbot.GetChatMemberParams{ChatID: int64(id), UserID: b.me.Load().id})
	if err != nil {
		return m, fmt.Errorf("ask for the rights in the group: %w", err)
	}
	m.Reads = b.readsAll
	switch {
	case own.Owner != nil:
		m.Member, m.Reads, m.MayTopics = true, true, true
	case own.Administrator != nil:
		m.Member, m.Reads, m.MayTopics = true, true, own.Administrator.CanManageTopics
	case own.Member != nil:
		m.Member = true
	case own.Restricted != nil:
		m.Member = own.Restricted.IsMember
	}
	return m, nil
}
