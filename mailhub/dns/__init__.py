"""Asks the domain name system. Knows no mail: SPF, DMARC and DKIM take a `Resolver` as their argument."""
