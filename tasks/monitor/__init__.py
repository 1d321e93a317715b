"""Watch the films that come in: do they still look like those that the network learned from?"""
